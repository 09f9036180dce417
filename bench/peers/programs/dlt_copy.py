"""Copies a table with dlt: python dlt_copy.py ORDER.json"""
import json
import pathlib
import sys
import tempfile

import dlt
from dlt.destinations import postgres, sqlalchemy
from dlt.sources.sql_database import sql_table

order = json.loads(pathlib.Path(sys.argv[1]).read_text())
source, target, table = order["source"], order["target"], order["table"]


def url(endpoint, scheme=None):
    if scheme is None:
        scheme = "postgresql+psycopg2" if endpoint["kind"] == "postgres" else "mysql+pymysql"
    return "{scheme}://{user}:{password}@{host}:{port}/{database}".format(scheme=scheme, **endpoint)


rows = sql_table(
    url(source),
    table=table["name"],
    schema=source["schema"],
    backend="connectorx",
    reflection_level="full_with_precision",
    chunk_size=50_000,
    backend_kwargs={
        "conn": url(source, "postgresql" if source["kind"] == "postgres" else "mysql"),
        "protocol": "binary",
        "return_type": "arrow_stream",
    },
)
# dlt's own bookkeeping writes instants with an offset, which MariaDB's strict mode refuses.
if target["kind"] == "postgres":
    destination = postgres(url(target, "postgresql"))
else:
    destination = sqlalchemy(url(target) + "?sql_mode=NO_ENGINE_SUBSTITUTION")
with tempfile.TemporaryDirectory() as folder:
    pipeline = dlt.pipeline(
        pipeline_name="bench",
        pipelines_dir=folder,
        destination=destination,
        dataset_name=target["schema"],
    )
    pipeline.run(
        rows.with_name(target["table"]),
        write_disposition="append",
        refresh="drop_resources",
        loader_file_format="parquet",
    ).raise_on_failed_jobs()
