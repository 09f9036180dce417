"""Copies a table through DuckDB: python duckdb_copy.py ORDER.json"""
import importlib
import json
import pathlib
import sys

import duckdb

order = json.loads(pathlib.Path(sys.argv[1]).read_text())
connection = duckdb.connect()


def attach(endpoint, alias):
    kind = "postgres" if endpoint["kind"] == "postgres" else "mysql"
    package = importlib.import_module(f"duckdb_extension_{kind}_scanner")
    extension = next(pathlib.Path(package.__path__[0]).rglob("*.duckdb_extension"))
    connection.execute(f"LOAD '{extension}'")
    words = {"host": endpoint["host"], "port": endpoint["port"], "user": endpoint["user"]}
    if kind == "postgres":
        words |= {"password": endpoint["password"], "dbname": endpoint["database"]}
    else:
        words |= {"passwd": endpoint["password"], "db": endpoint["database"]}
    text = " ".join(f"{name}={value}" for name, value in words.items())
    connection.execute(f"ATTACH '{text}' AS {alias} (TYPE {kind})")
    return f"{alias}.{endpoint['schema']}.{endpoint['table']}"


source = attach(order["source"], "source_side")
target = attach(order["target"], "target_side")
connection.execute(f"INSERT INTO {target} SELECT * FROM {source}")
