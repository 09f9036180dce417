import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.huaweicloud.sdk.core.exception.ServiceResponseException;
import java.lang.reflect.Field;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/** One call before the eyes of the relay, printed as conformance/observations.ts reads it. */
final class Observation {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Observation() {
    }

    record Refusal(int status, String code, String message, String requestId) {
    }

    /** Members without a value are left out here; inside the model they are null. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @JsonPropertyOrder({"observed", "operation", "case"})
    record Line(String observed, String operation, @JsonProperty("case") String name, Object model, Refusal refusal,
            String problem) {
    }

    /** Makes one call and prints what came of it; gives the SDK's answer, or null. */
    static <T> T observe(String operation, String name, Callable<T> call) {
        T answer = null;
        Line line;
        try {
            answer = call.call();
            line = new Line("java", operation, name, tree(answer), null, null);
        } catch (ServiceResponseException error) {
            Refusal refusal = new Refusal(error.getHttpStatusCode(), error.getErrorCode(), error.getErrorMsg(),
                    error.getRequestId());
            line = new Line("java", operation, name, null, refusal, null);
        } catch (Exception error) {
            line = new Line("java", operation, name, null, null, error.getClass().getSimpleName() + ": " + error.getMessage());
        }
        try {
            System.out.println(JSON.writeValueAsString(line));
        } catch (JsonProcessingException error) {
            throw new IllegalStateException(error);
        }
        return answer;
    }

    /** The members that the SDK's class has, under their names on the wire, with what they hold. */
    private static Object tree(Object value) throws ReflectiveOperationException {
        if (value instanceof List<?> list) {
            Object[] items = new Object[list.size()];
            for (int index = 0; index < items.length; index += 1) {
                items[index] = tree(list.get(index));
            }
            return items;
        }
        if (value == null || !value.getClass().getName().startsWith("com.huaweicloud.")) {
            return value;
        }
        // Enumerations hold their text in a member of their own.
        if (value.getClass().getSimpleName().endsWith("Enum")) {
            return value.getClass().getMethod("getValue").invoke(value);
        }
        Map<String, Object> members = new LinkedHashMap<>();
        for (Field field : value.getClass().getDeclaredFields()) {
            JsonProperty name = field.getAnnotation(JsonProperty.class);
            if (name != null) {
                field.setAccessible(true);
                members.put(name.value(), tree(field.get(value)));
            }
        }
        return members;
    }
}
