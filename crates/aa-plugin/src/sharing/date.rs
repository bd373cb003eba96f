//! Days, for the question whether an index has expired; what day it is comes from outside.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A day of the Gregorian calendar, written like 2027-02-01; days are ordered in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Date {
    year: i64,
    month: u32,
    day: u32,
}

impl Date {
    /// The day that is this many days after 1970-01-01, in UTC.
    ///
    /// Days are counted from the first of March, so that the leap day is the last of its year; 400 years have 146097 days.
    ///
    /// ```
    /// use aa_plugin::sharing::date::Date;
    /// assert_eq!(Date::of_unix_days(11016).to_string(), "2000-02-29");
    /// ```
    pub fn of_unix_days(days: i64) -> Date {
        // 719468 days lie between 0000-03-01 and 1970-01-01.
        let (era, day_of_era) = ((days + 719_468).div_euclid(146_097), (days + 719_468).rem_euclid(146_097));
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u32;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 } as u32;
        Date { year: year_of_era + 400 * era + i64::from(month <= 2), month, day }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl FromStr for Date {
    type Err = String;

    fn from_str(text: &str) -> Result<Date, String> {
        let wrong = || format!("`{text}` is no day, expected one like 2027-02-01");
        let parts: Vec<&str> = text.split('-').collect();
        let [year, month, day] = parts[..] else { return Err(wrong()) };
        let number =
            |text: &str, digits: usize| match text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit()) {
                true => text.parse::<u32>().map_err(|_| wrong()),
                false => Err(wrong()),
            };
        let date = Date { year: number(year, 4)?.into(), month: number(month, 2)?, day: number(day, 2)? };
        if (1..=12).contains(&date.month) && (1..=31).contains(&date.day) { Ok(date) } else { Err(wrong()) }
    }
}

impl TryFrom<String> for Date {
    type Error = String;

    fn try_from(text: String) -> Result<Date, String> {
        text.parse()
    }
}

impl From<Date> for String {
    fn from(date: Date) -> String {
        date.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (days, text) in [(0, "1970-01-01"), (-1, "1969-12-31"), (20_789, "2026-12-02"), (47_540, "2100-02-28")] {
            assert_eq!(Date::of_unix_days(days).to_string(), text);
        }
        // 2100 is no leap year.
        assert_eq!(Date::of_unix_days(47_541).to_string(), "2100-03-01");
    }

    #[test]
    fn days_follow_each_other_and_read_back() {
        for days in (-200_000..200_000).step_by(13) {
            let (day, next) = (Date::of_unix_days(days), Date::of_unix_days(days + 1));
            assert!(day < next, "{day} {next}");
            assert_eq!(Ok(next), next.to_string().parse());
        }
        for wrong in ["2027", "2027-13-01", "2027-1-1", "27-01-01", "2027-01-32", "+027-01-01"] {
            assert!(wrong.parse::<Date>().is_err(), "{wrong}");
        }
    }
}
