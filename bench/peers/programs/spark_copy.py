"""Copies a table with Spark's JDBC source and sink: python spark_copy.py ORDER.json"""
import json
import os
import pathlib
import sys

from pyspark.sql import SparkSession

order = json.loads(pathlib.Path(sys.argv[1]).read_text())
source, target, table = order["source"], order["target"], order["table"]


def options(endpoint):
    if endpoint["kind"] == "postgres":
        scheme, driver, words = "postgresql", "org.postgresql.Driver", "reWriteBatchedInserts=true"
    else:
        scheme, driver = "mysql", "com.mysql.cj.jdbc.Driver"
        words = (
            "rewriteBatchedStatements=true&useCursorFetch=true&sslMode=DISABLED&allowPublicKeyRetrieval=true"
            "&connectionTimeZone=UTC&tinyInt1isBit=false"
        )
    return {
        "url": "jdbc:{scheme}://{host}:{port}/{database}?{words}".format(scheme=scheme, words=words, **endpoint),
        "driver": driver,
        "dbtable": endpoint["table"],
        "user": endpoint["user"],
        "password": endpoint["password"],
    }


jars = ",".join(str(jar) for jar in pathlib.Path(os.environ["BENCH_JARS"]).glob("*.jar"))
spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.jars", jars)
    .config("spark.driver.memory", "2g")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .config("spark.ui.enabled", "false")
    .config("spark.sql.session.timeZone", "UTC")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("ERROR")
key = table["key"][0]
bounds = dict(options(source), dbtable=f"(SELECT min({key}) AS low, max({key}) AS high FROM {source['table']}) b")
low, high = spark.read.format("jdbc").options(**bounds).load().first()
frame = (
    spark.read.format("jdbc")
    .options(**options(source))
    .option("fetchsize", 10_000)
    .option("partitionColumn", key)
    .option("lowerBound", low)
    .option("upperBound", high)
    .option("numPartitions", 2)
    .load()
)
frame.write.format("jdbc").options(**options(target)).option("batchsize", 10_000).mode("append").save()
spark.stop()
