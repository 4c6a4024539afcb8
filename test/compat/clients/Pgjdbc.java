import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.sql.Array;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.postgresql.PGConnection;
import org.postgresql.util.PSQLException;

/** pgjdbc: the extended protocol, named statements after five uses, pages by setFetchSize. */
public final class Pgjdbc {
    private static final Gson GSON = new GsonBuilder().serializeNulls().disableHtmlEscaping().create();

    private Connection conn;

    public static void main(String[] args) throws Exception {
        var cases = JsonParser.parseReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).getAsJsonArray();
        var out = new java.io.PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (JsonElement one : cases) {
            var line = new LinkedHashMap<String, Object>();
            line.put("case", one.getAsJsonObject().get("name").getAsString());
            line.put("steps", new Pgjdbc().run(one.getAsJsonObject().getAsJsonArray("steps")));
            out.println(GSON.toJson(line));
        }
    }

    private List<Map<String, Object>> run(JsonArray steps) throws Exception {
        var seen = new ArrayList<Map<String, Object>>();
        conn = connect(null, null, Map.of());
        for (JsonElement step : steps) {
            Map<String, Object> answer;
            try {
                answer = act(step.getAsJsonObject());
            } catch (SQLException e) {
                answer = new LinkedHashMap<>(Map.of("error", error(e), "note", e.toString()));
            }
            seen.add(answer);
        }
        conn.close();
        return seen;
    }

    private Connection connect(String password, String root, Map<String, String> more) throws SQLException {
        var env = System.getenv();
        var options = new Properties();
        options.putAll(more);
        options.put("user", env.get("PGUSER"));
        options.put("password", password == null ? env.get("PGPASSWORD") : password);
        options.put("sslmode", "verify-full");
        options.put("sslrootcert", root == null ? env.get("PGSSLROOTCERT") : root);
        return DriverManager.getConnection(
            "jdbc:postgresql://" + env.get("PGHOST") + ":" + env.get("PGPORT") + "/" + env.get("PGDATABASE"), options);
    }

    private static Map<String, Object> error(SQLException e) {
        var said = new LinkedHashMap<String, Object>();
        said.put("state", String.valueOf(e).contains("certification path") || String.valueOf(e.getCause()).contains("PKIX")
            ? "certificate" : e.getSQLState());
        if (e instanceof PSQLException p && p.getServerErrorMessage() != null) {
            said.put("severity", p.getServerErrorMessage().getSeverity());
            said.put("position", p.getServerErrorMessage().getPosition());
        }
        return said;
    }

    private Map<String, Object> act(JsonObject step) throws SQLException {
        return switch (step.get("do").getAsString()) {
            case "query" -> query(step);
            case "login" -> login(step.getAsJsonObject("changes"));
            case "multi" -> multi(step.get("sql").getAsString());
            case "reuse" -> reuse(step);
            case "fetch" -> fetch(step);
            case "copy" -> copy(step.get("sql").getAsString());
            case "cancel" -> cancel(step.get("sql").getAsString());
            case "begin" -> nothing(() -> conn.setAutoCommit(false));
            case "commit" -> nothing(() -> { conn.commit(); conn.setAutoCommit(true); });
            case "rollback" -> nothing(() -> { conn.rollback(); conn.setAutoCommit(true); });
            default -> throw new IllegalArgumentException("no such step: " + step);
        };
    }

    private interface Act {
        void run() throws SQLException;
    }

    private static Map<String, Object> nothing(Act act) throws SQLException {
        act.run();
        return new LinkedHashMap<>();
    }

    private Map<String, Object> login(JsonObject changes) throws SQLException {
        connect(text(changes, "password"), text(changes, "sslrootcert"), Map.of()).close();
        return new LinkedHashMap<>();
    }

    private static String text(JsonObject object, String name) {
        return object.has(name) ? object.get(name).getAsString() : null;
    }

    private Map<String, Object> query(JsonObject step) throws SQLException {
        var args = step.has("args") ? step.getAsJsonArray("args") : new JsonArray();
        var binary = step.has("binary");
        try (var other = binary ? connect(null, null, Map.of("prepareThreshold", "-1")) : null;
            PreparedStatement statement = (binary ? other : conn).prepareStatement(step.get("sql").getAsString().replaceAll("\\$\\d+", "?"))) {
            for (int i = 0; i < args.size(); i++) {
                set(statement, i + 1, args.get(i).getAsJsonObject());
            }
            return table(statement, statement.execute());
        }
    }

    private static void set(PreparedStatement statement, int i, JsonObject arg) throws SQLException {
        var type = arg.get("type").getAsString();
        if (arg.get("value").isJsonNull()) {
            statement.setNull(i, Map.of("bool", Types.BOOLEAN, "int4", Types.INTEGER, "date", Types.DATE).getOrDefault(type, Types.VARCHAR));
            return;
        }
        var value = arg.get("value").getAsString();
        switch (type) {
            case "int2" -> statement.setShort(i, Short.parseShort(value));
            case "int4" -> statement.setInt(i, Integer.parseInt(value));
            case "int8" -> statement.setLong(i, Long.parseLong(value));
            case "float8" -> statement.setDouble(i, Double.parseDouble(value));
            case "numeric" -> statement.setBigDecimal(i, new BigDecimal(value));
            case "bool" -> statement.setBoolean(i, Boolean.parseBoolean(value));
            case "bytea" -> statement.setBytes(i, HexFormat.of().parseHex(value));
            case "date" -> statement.setObject(i, LocalDate.parse(value));
            case "time" -> statement.setObject(i, LocalTime.parse(value));
            case "timestamp" -> statement.setObject(i, LocalDateTime.parse(value));
            case "timestamptz" -> statement.setObject(i, OffsetDateTime.parse(value));
            case "uuid" -> statement.setObject(i, UUID.fromString(value));
            default -> statement.setString(i, value);
        }
    }

    private static Map<String, Object> table(Statement statement, boolean rows) throws SQLException {
        var answer = new LinkedHashMap<String, Object>();
        if (!rows) {
            answer.put("count", statement.getUpdateCount());
            return answer;
        }
        try (ResultSet found = statement.getResultSet()) {
            answer.put("columns", columns(found.getMetaData()));
            answer.put("rows", rows(found));
        }
        return answer;
    }

    private static List<Object> columns(ResultSetMetaData meta) throws SQLException {
        var columns = new ArrayList<>();
        for (int i = 1; i <= meta.getColumnCount(); i++) {
            columns.add(List.of(meta.getColumnLabel(i), meta.getColumnTypeName(i), meta.getColumnType(i), meta.getColumnClassName(i),
                meta.getPrecision(i), meta.getScale(i), meta.isSigned(i)));
        }
        return columns;
    }

    private static List<List<String>> rows(ResultSet found) throws SQLException {
        var rows = new ArrayList<List<String>>();
        while (found.next()) {
            var row = new ArrayList<String>();
            for (int i = 1; i <= found.getMetaData().getColumnCount(); i++) {
                row.add(text(found.getObject(i)));
            }
            rows.add(row);
        }
        return rows;
    }

    private static String text(Object value) throws SQLException {
        if (value == null) {
            return null;
        }
        if (value instanceof byte[] bytes) {
            return "byte[] " + HexFormat.of().formatHex(bytes);
        }
        if (value instanceof Array array) {
            return "Array " + Arrays.deepToString((Object[]) array.getArray());
        }
        return value.getClass().getSimpleName() + " " + value;
    }

    private Map<String, Object> multi(String sql) throws SQLException {
        var results = new ArrayList<Object>();
        try (Statement statement = conn.createStatement()) {
            var rows = statement.execute(sql);
            while (rows || statement.getUpdateCount() >= 0) {
                results.add(table(statement, rows));
                rows = statement.getMoreResults();
            }
        }
        return new LinkedHashMap<>(Map.of("results", results));
    }

    private Map<String, Object> reuse(JsonObject step) throws SQLException {
        var results = new ArrayList<Object>();
        try (PreparedStatement statement = conn.prepareStatement(step.get("sql").getAsString().replaceAll("\\$\\d+", "?"))) {
            for (JsonElement arg : step.getAsJsonArray("args")) {
                set(statement, 1, arg.getAsJsonObject());
                results.add(table(statement, statement.execute()));
            }
        }
        return new LinkedHashMap<>(Map.of("results", results));
    }

    /** Pages come only inside a transaction, as the driver has it. */
    private Map<String, Object> fetch(JsonObject step) throws SQLException {
        conn.setAutoCommit(false);
        try (Statement statement = conn.createStatement()) {
            statement.setFetchSize(step.get("size").getAsInt());
            try (ResultSet found = statement.executeQuery(step.get("sql").getAsString())) {
                var rows = rows(found);
                var answer = new LinkedHashMap<String, Object>();
                answer.put("count", rows.size());
                answer.put("first", rows.isEmpty() ? null : rows.get(0));
                answer.put("last", rows.isEmpty() ? null : rows.get(rows.size() - 1));
                answer.put("sum", sum(GSON.toJson(rows).getBytes(StandardCharsets.UTF_8)));
                return answer;
            }
        } finally {
            conn.rollback();
            conn.setAutoCommit(true);
        }
    }

    private static String sum(byte[] data) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(data));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private Map<String, Object> copy(String sql) throws SQLException {
        var data = new ByteArrayOutputStream();
        try {
            var rows = conn.unwrap(PGConnection.class).getCopyAPI().copyOut(sql, data);
            return new LinkedHashMap<>(Map.of("rows", rows, "bytes", data.size(), "sum", sum(data.toByteArray())));
        } catch (java.io.IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private Map<String, Object> cancel(String sql) throws SQLException {
        var timer = Executors.newSingleThreadScheduledExecutor();
        try (Statement statement = conn.createStatement()) {
            timer.scheduleAtFixedRate(() -> {
                try {
                    statement.cancel();
                } catch (SQLException e) {
                    System.err.println(e);
                }
            }, 300, 300, TimeUnit.MILLISECONDS);
            return table(statement, statement.execute(sql));
        } finally {
            timer.shutdownNow();
        }
    }
}
