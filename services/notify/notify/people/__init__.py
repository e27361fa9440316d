"""Who is written to: numbers and addresses, who wants no more, who agreed to advertising, and when nobody is disturbed."""
