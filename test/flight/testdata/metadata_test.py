"""What clients ask about the server, its tables and columns."""

import pyarrow as pa

from door import connect, refused, same

DEPTHS = ("catalogs", "db_schemas", "tables", "all")

with connect() as conn:
    info = conn.adbc_get_info()
    same(info["vendor_name"], "Tavana", "the vendor")
    same(bool(info["vendor_version"] and info["driver_version"]), True, "versions")
    types = conn.adbc_get_table_types()
    same("TABLE" in types or "BASE TABLE" in types, True, f"table types {types}")

    for depth in DEPTHS:
        found = conn.adbc_get_objects(depth=depth, catalog_filter="local").read_all().to_pylist()
        same([c["catalog_name"] for c in found], ["local"], depth)
        schemas = found[0]["catalog_db_schemas"]
        if depth == "catalogs":
            same(schemas, None, depth)
            continue
        main = [s for s in schemas if s["db_schema_name"] == "main"]
        same(len(main), 1, f"{depth}: {schemas}")
        if depth == "db_schemas":
            same(main[0]["db_schema_tables"], None, depth)
            continue
        tables = {t["table_name"]: t for t in main[0]["db_schema_tables"]}
        same({"lineitem", "region", "airports"} <= set(tables), True, f"{depth}: {set(tables)}")
        columns = tables["region"]["table_columns"]
        if depth == "tables":
            same(columns, None, depth)
            continue
        same([c["column_name"] for c in columns], ["r_regionkey", "r_name", "r_comment"], depth)
        same([c["ordinal_position"] for c in columns], [1, 2, 3], depth)

    found = conn.adbc_get_objects(depth="all", table_name_filter="reg%", column_name_filter="%name").read_all().to_pylist()
    named = [(t["table_name"], [c["column_name"] for c in t["table_columns"]])
             for c in found for s in c["catalog_db_schemas"] for t in s["db_schema_tables"]]
    same(named, [("region", ["r_name"])], "filters")

    schema = conn.adbc_get_table_schema("region", catalog_filter="local", db_schema_filter="main")
    same(schema.names, ["r_regionkey", "r_name", "r_comment"], "the schema of a table")
    same(schema.field("r_name").type, pa.string(), "the type of a column")
    refused(lambda: conn.adbc_get_table_schema("nowhere"), "NOT_FOUND")
    same(conn.adbc_current_catalog, "local", "the current catalog")
    same(conn.adbc_current_db_schema, "main", "the current schema")

    with conn.cursor() as cursor:
        query = "SELECT r_regionkey AS k, 1.5::DECIMAL(4,2) AS d FROM region"
        planned = cursor.adbc_execute_schema(query)
        cursor.execute(query)
        same(cursor.fetch_arrow_table().schema.equals(planned), True, "the schema before the result")
print("ok")
