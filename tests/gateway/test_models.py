import sqlalchemy as sa

from gateway.models import Base


def test_the_models_say_what_the_migration_made(database: sa.Engine) -> None:
    """Every table, column and null of the models is in the database, and nothing more."""
    inspector = sa.inspect(database)

    assert set(inspector.get_table_names(schema="gateway")) - {"schema_version"} == {table.name for table in Base.metadata.sorted_tables}
    for table in Base.metadata.sorted_tables:
        found = {column["name"]: column["nullable"] for column in inspector.get_columns(table.name, schema="gateway")}
        assert found == {column.name: column.nullable for column in table.columns}, table.name
