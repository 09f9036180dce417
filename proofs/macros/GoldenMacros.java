import java.io.BufferedOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.text.SimpleDateFormat;
import java.util.ArrayList;
import java.util.Calendar;
import java.util.Date;
import java.util.GregorianCalendar;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TimeZone;

/**
 * Says what time macros stand for, by java.util.Calendar and java.text.SimpleDateFormat alone.
 *
 *   java GoldenMacros.java macros.tsv                      the golden file, one hash for each zone, macro and year
 *   java GoldenMacros.java macros.tsv ZONE MACRO YEAR      the values behind one of them, one a line
 *
 * A year has one moment in each of its hours (UTC), drawn by a generator that both sides have.
 */
final class GoldenMacros {
  private static final String[] ZONES = {
    "UTC", "Asia/Shanghai", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe"
  };
  private static final int FIRST_YEAR = 2016;
  private static final int YEARS = 10;
  private static final long HOUR_MS = 3_600_000L;
  private static final Map<String, Integer> UNITS =
      Map.of(
          "SECOND", Calendar.SECOND,
          "MINUTE", Calendar.MINUTE,
          "HOUR", Calendar.HOUR_OF_DAY,
          "DAY", Calendar.DAY_OF_MONTH,
          "MONTH", Calendar.MONTH,
          "YEAR", Calendar.YEAR);

  public static void main(String[] args) throws Exception {
    List<String[]> macros = new ArrayList<>();
    for (String line : Files.readAllLines(Path.of(args[0]))) {
      if (!line.isEmpty()) macros.add(line.split("\t", -1));
    }
    PrintStream out = new PrintStream(new BufferedOutputStream(System.out), false, StandardCharsets.UTF_8);
    if (args.length > 1) {
      for (String value : values(args[1], macros.get(Integer.parseInt(args[2])), Integer.parseInt(args[3]))) {
        out.println(value);
      }
    } else {
      out.println("java\t" + System.getProperty("java.version"));
      for (String zone : ZONES) {
        for (int macro = 0; macro < macros.size(); macro++) {
          StringBuilder line = new StringBuilder(zone + "\t" + macro);
          for (int year = FIRST_YEAR; year < FIRST_YEAR + YEARS; year++) {
            line.append("\t").append(hash(values(zone, macros.get(macro), year)));
          }
          out.println(line);
        }
      }
    }
    out.flush();
  }

  private static List<String> values(String zone, String[] macro, int year) throws Exception {
    List<String> values = new ArrayList<>();
    GregorianCalendar utc = new GregorianCalendar(TimeZone.getTimeZone("UTC"), Locale.US);
    utc.clear();
    utc.set(year, Calendar.JANUARY, 1);
    long from = utc.getTimeInMillis();
    utc.set(year + 1, Calendar.JANUARY, 1);
    long until = utc.getTimeInMillis();
    int state = year;
    for (long hour = from; hour < until; hour += HOUR_MS) {
      state = (state * 1103515245 + 12345) & 0x7fffffff;
      values.add(value(zone, macro, hour + state % HOUR_MS));
    }
    return values;
  }

  private static String value(String zoneName, String[] macro, long now) throws Exception {
    TimeZone zone = TimeZone.getTimeZone(zoneName);
    GregorianCalendar calendar = new GregorianCalendar(zone, Locale.US);
    calendar.setTimeInMillis(now);
    if (!macro[2].isEmpty()) calendar.add(UNITS.get(macro[3]), Integer.parseInt(macro[2]));
    Date shifted = calendar.getTime();
    if (macro[0].equals("timestamp")) return String.valueOf(shifted.getTime());
    SimpleDateFormat format = new SimpleDateFormat(macro[1], Locale.US);
    format.setTimeZone(zone);
    String text = format.format(shifted);
    return macro[0].equals("nested") ? String.valueOf(format.parse(text).getTime()) : text;
  }

  private static String hash(List<String> values) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    for (String value : values) digest.update((value + "\n").getBytes(StandardCharsets.UTF_8));
    StringBuilder hex = new StringBuilder();
    byte[] bytes = digest.digest();
    for (int i = 0; i < 8; i++) hex.append(String.format("%02x", bytes[i]));
    return hex.toString();
  }
}
