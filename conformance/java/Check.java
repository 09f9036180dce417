import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.huaweicloud.sdk.core.exception.ServiceResponseException;
import java.util.Objects;
import java.util.concurrent.Callable;

/** One check: run it, print its line. Lines are JSON and read by conformance/main.ts. */
final class Check {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Check() {
    }

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Line(String sdk, String operation, String check, boolean ok, String detail, String requestId) {
    }

    /** What a check found out: a detail worth reading, and the request id of a refusal. */
    record Finding(String detail, String requestId) {
        static final Finding NOTHING = new Finding("", null);

        static Finding of(String detail) {
            return new Finding(detail, null);
        }
    }

    /** An answer that is not what the check demands. */
    static final class Mismatch extends RuntimeException {
        Mismatch(String text) {
            super(text);
        }
    }

    static void demand(boolean condition, String text) {
        if (!condition) {
            throw new Mismatch(text);
        }
    }

    static void equal(Object actual, Object expected, String what) {
        demand(Objects.equals(actual, expected), what + ": expected " + expected + ", got " + actual);
    }

    static <T> T given(T value, String what) {
        demand(value != null, what + " is absent");
        return value;
    }

    /** Runs one check and prints its line; says whether the check held. */
    static boolean check(String operation, String name, Callable<Finding> body) {
        Line line;
        try {
            Finding found = body.call();
            line = new Line("java", operation, name, true, found.detail(), found.requestId());
        } catch (Exception error) {
            line = new Line("java", operation, name, false, describe(error), null);
        }
        try {
            System.out.println(JSON.writeValueAsString(line));
        } catch (com.fasterxml.jackson.core.JsonProcessingException error) {
            throw new IllegalStateException(error);
        }
        return line.ok();
    }

    /** Demands that the call ends in the SDK's exception with this status and, unless null, this code. */
    static Finding refused(Callable<?> call, int status, String code) throws Exception {
        try {
            call.call();
        } catch (ServiceResponseException error) {
            equal(error.getHttpStatusCode(), status, "status");
            if (code != null) {
                equal(error.getErrorCode(), code, "code");
            }
            demand(filled(error.getErrorCode()), "the exception has no code");
            demand(filled(error.getErrorMsg()), "the exception has no message");
            demand(filled(error.getRequestId()), "the exception has no request id");
            String kind = error.getClass().getSimpleName();
            return new Finding(kind + " " + error.getHttpStatusCode() + " " + error.getErrorCode(), error.getRequestId());
        }
        throw new Mismatch("the call was not refused");
    }

    static boolean filled(String text) {
        return text != null && !text.isEmpty();
    }

    private static String describe(Exception error) {
        if (error instanceof ServiceResponseException refusal) {
            return refusal.getHttpStatusCode() + " " + refusal.getErrorCode() + " " + refusal.getErrorMsg();
        }
        return error.getClass().getSimpleName() + ": " + error.getMessage();
    }
}
