import java.text.ParseException;
import java.text.SimpleDateFormat;
import java.util.Date;
import java.util.GregorianCalendar;
import java.util.Locale;
import java.util.Random;
import java.util.TimeZone;

/** Prints what java.text.SimpleDateFormat makes of random dates: `java DateVectors.java > dates.tsv`. */
public class DateVectors {
  static final String[] ZONES = {
    "GMT+08:00", "UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu",
  };
  static final String[] PATTERNS = {
    "yyyy-MM-dd HH:mm:ss", "yyyyMMdd", "yyyyMMddHHmmssSSS", "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", "yyyy-MM-dd HH:mm:ss.SSS",
    "yy/M/d H:m:s", "EEE, d MMM yyyy HH:mm:ss Z", "EEEE, MMMM dd, yyyy G", "hh:mm a, dd.MM.yyyy", "K:mm a yyyy-MM-dd",
    "kk:mm dd/MM/yyyy", "yyyy-DDD", "YYYY-'W'ww-u", "yyyy.MM W F", "yyyy-MM-dd'T'HH:mm:ssXXX", "yyyyMMdd'T'HHmmssXX",
    "yyyy_MM_dd", "'o''clock' h", "yyyyy-MM", "M-y", "SSSSSS s", "yyyy-MM-dd HH:mm:ss X",
  };
  static final String[][] TEXTS = {
    {"2018-13-45 25:61:61", "yyyy-MM-dd HH:mm:ss"}, {"2018-1-5 3:4:5", "yyyy-MM-dd HH:mm:ss"},
    {"2018-01-05 15:15:05.0", "yyyy-MM-dd HH:mm:ss"}, {"2018-01-05 15:15:05.0", "yyyy-MM-dd HH:mm:ss.SSS"},
    {"2018-01-05 15:15:05.12", "yyyy-MM-dd HH:mm:ss.SSS"}, {"20180105", "yyyyMMdd"}, {"2018010", "yyyyMMdd"},
    {"201801", "yyyyMMdd"}, {"2018", "yyyy-MM-dd"}, {"", "yyyy"}, {"abc", "yyyy"}, {" 2018-01-05", "yyyy-MM-dd"},
    {"2018 -01-05", "yyyy-MM-dd"}, {"2018- 01-05", "yyyy-MM-dd"}, {"2023-11-30 12:40:46", "yyyy-MM-dd hh:mm:ss"},
    {"2023-11-30 13:40:46", "yyyy-MM-dd hh:mm:ss"}, {"2023-11-30 13:40 PM", "yyyy-MM-dd hh:mm a"},
    {"2023-11-30 12:40 pm", "yyyy-MM-dd hh:mm a"}, {"2023-11-30 24:00", "yyyy-MM-dd kk:mm"}, {"2023-11-30 24:00", "yyyy-MM-dd HH:mm"},
    {"2023--1-05", "yyyy-MM-dd"}, {"-5-01-01", "yyyy-MM-dd"}, {"12 march 2020", "d MMM yyyy"}, {"12 MARCH 2020", "d MMMM yyyy"},
    {"2020-366", "yyyy-DDD"}, {"2020-W10-3", "YYYY-'W'ww-u"}, {"2020-01-01T00:00:00+0530", "yyyy-MM-dd'T'HH:mm:ssZ"},
    {"2020-01-01T00:00:00+05:30", "yyyy-MM-dd'T'HH:mm:ssXXX"}, {"2020-01-01T00:00:00Z", "yyyy-MM-dd'T'HH:mm:ssXXX"},
    {"2020-02-30", "yyyy-MM-dd"}, {"2020-00-00", "yyyy-MM-dd"}, {"0044-03-15", "yyyy-MM-dd"},
    {"10:20", "HH:mm"}, {"2021-03-28 02:30:00", "yyyy-MM-dd HH:mm:ss"}, {"2021-10-31 02:30:00", "yyyy-MM-dd HH:mm:ss"},
    {"2021-03-14 02:30:00", "yyyy-MM-dd HH:mm:ss"}, {"2021-11-07 01:30:00", "yyyy-MM-dd HH:mm:ss"},
    {"2021-10-03 02:15:00", "yyyy-MM-dd HH:mm:ss"}, {"2021-04-04 01:45:00", "yyyy-MM-dd HH:mm:ss"},
    {"20210314023000", "yyyyMMddHHmmss"}, {"1 1 1", "d M yyyy"}, {"00012018", "MMddyyyy"}, {"2018-01-05x", "yyyy-MM-dd"},
    {"2018x01", "yyyy-MM"}, {"Mon Jan 05 2018", "EEE MMM dd yyyy"}, {"31/12/1999 AD", "dd/MM/yyyy G"},
  };

  static SimpleDateFormat of(String pattern, String zone) {
    SimpleDateFormat format = new SimpleDateFormat(pattern, Locale.US);
    GregorianCalendar calendar = new GregorianCalendar(TimeZone.getTimeZone(zone), Locale.US);
    calendar.setGregorianChange(new Date(Long.MIN_VALUE));
    format.setCalendar(calendar);
    return format;
  }

  public static void main(String[] arguments) {
    Random random = new Random(20171016);
    for (int i = 0; i < 1500; i++) {
      String zone = ZONES[random.nextInt(ZONES.length)];
      String pattern = PATTERNS[random.nextInt(PATTERNS.length)];
      // 1970 to 2036.
      long instant = Math.floorMod(random.nextLong(), 66L * 365 * 86_400_000L);
      String text = of(pattern, zone).format(new Date(instant));
      System.out.println(String.join("\t", "format", zone, pattern, Long.toString(instant), text));
      if (!pattern.contains("yy/") && !pattern.contains("SSSSSS")) parse(zone, pattern, text);
    }
    for (String[] each : TEXTS) for (String zone : ZONES) parse(zone, each[1], each[0]);
  }

  static void parse(String zone, String pattern, String text) {
    String result;
    try {
      long instant = of(pattern, zone).parse(text).getTime();
      // Before zones had rules, Java takes the offset of their first one, the runtime the sun's.
      if (instant < -2_208_988_800_000L && zone.contains("/")) return;
      result = Long.toString(instant);
    } catch (ParseException refused) {
      result = "refused";
    }
    System.out.println(String.join("\t", "parse", zone, pattern, text, result));
  }
}
