"""Copies a table with ConnectorX and a COPY or LOAD DATA writer: python connectorx_copy.py ORDER.json"""
import json
import os
import pathlib
import sys
import tempfile
import threading

import connectorx
import pyarrow as pa
import pyarrow.compute as pc

order = json.loads(pathlib.Path(sys.argv[1]).read_text())
source, target, table = order["source"], order["target"], order["table"]
TYPES = {
    "smallint": pa.int16(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "decimal": pa.decimal128(15, 2),
    "double": pa.float64(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "text": pa.string(),
}
schema = pa.schema([(column["name"], TYPES[column["kind"]]) for column in table["columns"]])


def url(endpoint, scheme):
    return "{scheme}://{user}:{password}@{host}:{port}/{database}".format(scheme=scheme, **endpoint)


def batches():
    stream = connectorx.read_sql(
        url(source, "postgresql" if source["kind"] == "postgres" else "mysql"),
        f"SELECT * FROM {source['table']}",
        partition_on=table["key"][0],
        partition_num=2,
        protocol="binary",
        return_type="arrow_stream",
        batch_size=20_000,
    )
    for batch in stream:
        columns = []
        for column, field in zip(batch.columns, schema):
            # Decimals come with ten places, all but two of them zero.
            columns.append(column if column.type == field.type else column.cast(field.type, safe=False))
        yield pa.record_batch(columns, schema=schema)


def copy_to_postgres():
    import adbc_driver_postgresql.dbapi as adbc

    with adbc.connect(url(target, "postgresql")) as connection, connection.cursor() as cursor:
        reader = pa.RecordBatchReader.from_batches(schema, batches())
        cursor.adbc_ingest(target["table"], reader, mode="append")
        connection.commit()


def escaped(column):
    if not pa.types.is_string(column.type):
        return column.cast(pa.string())
    for plain, escape in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
        column = pc.replace_substring(column, plain, escape)
    return column


def write_lines(path):
    with open(path, "wb", buffering=0) as fifo:
        for batch in batches():
            columns = [escaped(column).fill_null("\\N") for column in batch.columns]
            columns[-1] = pc.binary_join_element_wise(columns[-1], "\n", "")
            lines = pc.binary_join_element_wise(*columns, "\t")
            data = memoryview(lines.buffers()[2])
            while data:
                data = data[fifo.write(data) :]


def copy_to_mariadb():
    import pymysql

    connection = pymysql.connect(
        host=target["host"],
        port=target["port"],
        user=target["user"],
        password=target["password"],
        database=target["database"],
        charset="utf8mb4",
        local_infile=True,
    )
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "lines")
        os.mkfifo(path)
        failure = []

        def work():
            try:
                write_lines(path)
            except BaseException as error:
                failure.append(error)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        with connection.cursor() as cursor:
            cursor.execute(
                f"LOAD DATA LOCAL INFILE '{path}' INTO TABLE {target['table']} CHARACTER SET utf8mb4"
            )
        thread.join()
        if failure:
            raise failure[0]
        connection.commit()


copy_to_postgres() if target["kind"] == "postgres" else copy_to_mariadb()
