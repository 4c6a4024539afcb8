import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.Date;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Time;
import java.sql.Timestamp;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Arrow's JDBC driver: what people do with it, each with verified TLS. */
public final class Jdbc {
    private static final Map<String, String> ENV = System.getenv();
    private static final String SILENT = "SELECT sum(a.i * b.i % 7) FROM range(100000000) a(i), range(100000000) b(i)";

    /** What is tried, and may fail. */
    interface Attempt {
        Object run() throws Exception;
    }

    public static void main(String[] args) throws Exception {
        Logger.getLogger("").setLevel(Level.OFF); // the driver tells of its allocator
        login();
        try (var conn = connect("user", ENV.get("PGUSER"), "password", ENV.get("TAVANA_KEY"))) {
            types(conn);
            parameters(conn);
            metadata(conn);
            updates(conn);
            large(conn);
            errors(conn);
            early(conn);
        }
        System.out.println("ok");
    }

    static Connection connect(String... more) throws SQLException {
        var options = new Properties();
        options.put("useEncryption", "true");
        options.put("tlsRootCerts", ENV.get("PGSSLROOTCERT"));
        for (int i = 0; i < more.length; i += 2) {
            options.put(more[i], more[i + 1]);
        }
        return DriverManager.getConnection(ENV.get("TAVANA_FLIGHT_URI").replace("grpc+tls:", "jdbc:arrow-flight-sql:"), options);
    }

    static void login() throws Exception {
        try (var conn = connect("token", ENV.get("TAVANA_KEY"))) {
            same(List.of("5"), rows(conn, "SELECT count(*) FROM region"), "a key as a token");
        }
        // As people write it, in the URL.
        var url = ENV.get("TAVANA_FLIGHT_URI").replace("grpc+tls:", "jdbc:arrow-flight-sql:") + "?useEncryption=true&tlsRootCerts="
            + ENV.get("PGSSLROOTCERT") + "&user=" + ENV.get("PGUSER") + "&password=" + ENV.get("TAVANA_KEY");
        try (var conn = DriverManager.getConnection(url)) {
            same(List.of("5"), rows(conn, "SELECT count(*) FROM region"), "options in the URL");
        }
        refused(() -> connect("user", "admin", "password", "tvn_wrong"), "authentication failed");
        refused(() -> connect("user", "admin", "password", ENV.get("TAVANA_KEY"), "tlsRootCerts", "/etc/hostname"), "");
    }

    /** Texts of values as the driver shows them, against DuckDB's. */
    static void types(Connection conn) throws SQLException {
        var types = List.of(
            List.of("BOOLEAN", "true"), List.of("TINYINT", "'-128'"), List.of("SMALLINT", "'-32768'"),
            List.of("INTEGER", "'-2147483648'"), List.of("BIGINT", "'-9223372036854775808'"),
            List.of("UTINYINT", "127"), List.of("USMALLINT", "65535"), List.of("UINTEGER", "2147483647"), // above, the driver errs
            List.of("UBIGINT", "18446744073709551615"),
            List.of("HUGEINT", "9".repeat(38)), List.of("DECIMAL(9,2)", "'-9999999.99'"),
            List.of("DECIMAL(38,10)", "'9999999999999999999999999999.9999999999'"), List.of("FLOAT", "1.5"),
            List.of("DOUBLE", "0.1"), List.of("VARCHAR", "'ü🦆'"), List.of("UUID", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"),
            List.of("JSON", "'[1, null]'"), List.of("ENUM('low', 'high')", "'high'"), List.of("BIT", "'0101'"),
            List.of("BIGNUM", "'" + "9".repeat(60) + "'"), List.of("TIMETZ", "'23:59:59.999999-15:59:59'"),
            List.of("DATE", "'1969-12-31'"), List.of("TIME", "'23:59:59'"));
        for (var type : types) {
            var sql = "SELECT v, v::VARCHAR FROM (VALUES (CAST(" + type.get(1) + " AS " + type.get(0) + ")), (NULL)) t(v)";
            try (var query = conn.createStatement(); var rows = query.executeQuery(sql)) {
                for (int i = 0; i < 2; i++) {
                    same(true, rows.next(), type.get(0));
                    same(rows.getString(2), rows.getString(1), type.get(0));
                    same(i == 1, rows.getObject(1) == null, type.get(0));
                }
            }
        }
        try (var query = conn.createStatement();
             var rows = query.executeQuery("SELECT TIMESTAMP '2024-02-29 23:59:59.999999', 'ab'::BLOB, [1, NULL, 3], {'a': 1}, MAP {'k': 2}")) {
            rows.next();
            same("2024-02-29 23:59:59.999999", rows.getTimestamp(1).toString(), "a timestamp");
            same("ab", new String(rows.getBytes(2)), "a blob");
            same("[1, null, 3]", java.util.Arrays.toString((Object[]) rows.getArray(3).getArray()), "a list");
            same(true, rows.getObject(4).toString().contains("1"), "a struct");
            same("2", ((Map<?, ?>) rows.getObject(5)).values().iterator().next().toString(), "a map");
        }
    }

    static void parameters(Connection conn) throws SQLException {
        try (var query = conn.prepareStatement(
                "SELECT ?::BIGINT, ?::DOUBLE, ?::VARCHAR, ?::BOOLEAN, ?::DECIMAL(9,2), ?::DATE, ?::TIMESTAMP, ?::BLOB, ?::TIME")) {
            same(9, query.getParameterMetaData().getParameterCount(), "parameters");
            for (int i = 0; i < 3; i++) {
                query.setLong(1, Long.MIN_VALUE + i);
                query.setDouble(2, 0.1);
                query.setString(3, "it's ü🦆" + i);
                query.setBoolean(4, true);
                query.setBigDecimal(5, new BigDecimal("-1234567.89"));
                query.setDate(6, Date.valueOf("2024-02-29"));
                query.setTimestamp(7, Timestamp.valueOf("2024-02-29 23:59:59.999"));
                query.setBytes(8, new byte[] {0, -1, 'a'});
                query.setTime(9, Time.valueOf("23:59:58"));
                try (var rows = query.executeQuery()) {
                    same(true, rows.next(), "a row");
                    same("23:59:58", rows.getTime(9).toString(), "TIME");
                    same(Long.MIN_VALUE + i, rows.getLong(1), "BIGINT");
                    same(0.1, rows.getDouble(2), "DOUBLE");
                    same("it's ü🦆" + i, rows.getString(3), "VARCHAR");
                    same(true, rows.getBoolean(4), "BOOLEAN");
                    same(new BigDecimal("-1234567.89"), rows.getBigDecimal(5), "DECIMAL");
                    same("2024-02-29", rows.getDate(6).toString(), "DATE");
                    same("2024-02-29 23:59:59.999", rows.getTimestamp(7).toString(), "TIMESTAMP");
                    same("[0, -1, 97]", java.util.Arrays.toString(rows.getBytes(8)), "BLOB");
                }
            }
        }
        try (var query = conn.prepareStatement("SELECT count(*) FROM region WHERE r_name = ?")) {
            query.setString(1, "ASIA");
            same(List.of("1"), read(query.executeQuery()), "compared with a column");
            query.setNull(1, Types.VARCHAR);
            same(List.of("0"), read(query.executeQuery()), "NULL");
        }
    }

    static void metadata(Connection conn) throws SQLException {
        var about = conn.getMetaData();
        same("Tavana", about.getDatabaseProductName(), "the product");
        same(false, about.supportsTransactions(), "transactions");
        var tables = new ArrayList<String>();
        try (var rows = about.getTables("local", "main", "reg%", null)) {
            while (rows.next()) {
                tables.add(rows.getString("TABLE_SCHEM") + "." + rows.getString("TABLE_NAME"));
            }
        }
        same(List.of("main.region"), tables, "tables");
        var columns = new ArrayList<String>();
        try (var rows = about.getColumns("local", "main", "region", "%")) {
            while (rows.next()) {
                columns.add(rows.getString("COLUMN_NAME") + " " + rows.getInt("DATA_TYPE") + " " + rows.getInt("ORDINAL_POSITION"));
            }
        }
        same(3, columns.size(), "columns " + columns);
        same("r_name " + Types.VARCHAR + " 2", columns.get(1), "a column");
        same(true, read(about.getCatalogs()).contains("local"), "catalogs");
        same(true, read(about.getSchemas()).contains("main"), "schemas");
        same(false, read(about.getTableTypes()).isEmpty(), "types of tables");
        same(false, about.getPrimaryKeys("local", "main", "region").next(), "primary keys");
        try (var query = conn.createStatement(); var rows = query.executeQuery("SELECT 1.5::DECIMAL(9,2) AS d, 'x' AS s FROM region")) {
            var meta = rows.getMetaData();
            same("d", meta.getColumnName(1), "a name");
            same(Types.DECIMAL, meta.getColumnType(1), "a type");
            same(9, meta.getPrecision(1), "digits");
            same(2, meta.getScale(1), "digits behind the point");
        }
    }

    static void updates(Connection conn) throws SQLException {
        try (var query = conn.createStatement()) {
            query.executeUpdate("SET TimeZone = 'Asia/Tehran'");
            same(List.of("Asia/Tehran"), rows(conn, "SHOW TimeZone"), "the setting");
            query.executeUpdate("RESET TimeZone");
            query.execute("SET statement_timeout = 0");
        }
    }

    static void large(Connection conn) throws SQLException {
        var want = rows(conn, "SELECT count(*) || ' ' || sum(l_orderkey) || ' ' || sum(strlen(l_comment)) FROM lineitem").get(0);
        long lines = 0;
        long keys = 0;
        long letters = 0;
        try (var query = conn.createStatement(); var rows = query.executeQuery("SELECT l_orderkey, l_comment FROM lineitem")) {
            for (; rows.next(); lines++) {
                keys += rows.getLong(1);
                letters += rows.getString(2).length();
            }
        }
        same(want, lines + " " + keys + " " + letters, "lineitem");
    }

    static void errors(Connection conn) throws Exception {
        refused(() -> rows(conn, "SELECT * FROM nowhere"), "nowhere");
        refused(() -> rows(conn, "SELEC 1"), "42601");
        refused(() -> rows(conn, "SELECT * FROM read_csv('/etc/passwd')"), "42501");
        refused(() -> rows(conn, "SELECT error('stop') FROM region"), "stop");
        same(List.of("5"), rows(conn, "SELECT count(*) FROM region"), "the connection after errors");
    }

    /** Queries that end early take their workers along. */
    static void early(Connection conn) throws Exception {
        try (var query = conn.createStatement()) {
            var rows = query.executeQuery("SELECT a.i FROM range(100000000) a(i), range(1000) b(i)");
            same(true, rows.next(), "a row");
            query.cancel();
            idle();
        }
        try (var query = conn.createStatement(); var rows = query.executeQuery("SELECT a.i FROM range(100000000) a(i), range(1000) b(i)")) {
            same(true, rows.next(), "a row");
        }
        idle();
        try (var query = conn.createStatement()) {
            query.setQueryTimeout(1);
            refused(() -> read(query.executeQuery(SILENT)), "");
        }
        idle();
        same(List.of("5"), rows(conn, "SELECT count(*) FROM region"), "the connection after it");
    }

    static List<String> rows(Connection conn, String sql) throws SQLException {
        try (var query = conn.createStatement()) {
            return read(query.executeQuery(sql));
        }
    }

    /** Gives the first column as text. */
    static List<String> read(ResultSet rows) throws SQLException {
        try (rows) {
            var found = new ArrayList<String>();
            while (rows.next()) {
                found.add(rows.getString(1));
            }
            return found;
        }
    }

    static void same(Object want, Object got, String what) {
        if (!Objects.equals(want, got)) {
            throw new AssertionError(what + ": got " + got + ", want " + want);
        }
    }

    static void refused(Attempt attempt, String word) throws Exception {
        Object got;
        try {
            got = attempt.run();
        } catch (SQLException e) {
            for (Throwable at = e; at != null; at = at.getCause()) {
                if (String.valueOf(at.getMessage()).contains(word)) {
                    return;
                }
            }
            throw new AssertionError("want an error with " + word, e);
        }
        throw new AssertionError("got " + got + ", want an error with " + word);
    }

    static void idle() throws Exception {
        System.out.println("idle?");
        var answer = new byte[4];
        same(4, System.in.readNBytes(answer, 0, 4), "an answer");
    }
}
