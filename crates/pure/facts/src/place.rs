//! Places: countries by ISO 3166-1 alpha-2, and their parts by ISO 3166-2.

use crate::Kleene;

/// The territories of the United States, which have codes of their own in both parts of ISO 3166;
/// of their people nobody has said whether an order means them by those of the United States.
const TERRITORIES: [&str; 6] = ["AS", "GU", "MP", "PR", "UM", "VI"];

/// What is wrong with `place` as where somebody lives, if anything: it must be the ISO 3166-1 code
/// of a country, or that and a part of it by ISO 3166-2.
///
/// Parts are looked up for the United States alone: whether somebody lives in one of its States
/// decides a duty, and those of other countries change every few years.
///
/// ```
/// use tocsin_facts::residence_fault;
/// assert_eq!(residence_fault("US-CA").or(residence_fault("GB")), None);
/// assert!(residence_fault("USA").is_some() && residence_fault("US-ZZ").is_some());
/// ```
pub fn residence_fault(place: &str) -> Option<&'static str> {
    let (country, part) = place
        .split_once('-')
        .map_or((place, None), |(country, part)| (country, Some(part)));
    if !is_country(country) {
        return Some(
            "`residence` is no place; write ISO 3166-2 such as `US-CA`, `US` where the State is \
             not known, or the ISO 3166-1 code of another country, such as `GB`",
        );
    }
    let fits = |part: &str| {
        let is_code = |one: char| one.is_ascii_uppercase() || one.is_ascii_digit();
        (1..=3).contains(&part.len()) && part.chars().all(is_code)
    };
    let is_known = part.is_none_or(|part| match country {
        "US" => us_state(place).is_some(),
        _ => fits(part),
    });
    (!is_known).then_some(
        "`residence` names a part that its country does not have; write ISO 3166-2 such as \
         `US-CA`, or the country alone where the part is not known",
    )
}

/// Whether `code` is a country's by ISO 3166-1 alpha-2, in capitals.
///
/// ```
/// use tocsin_facts::is_country;
/// assert!(is_country("US") && !is_country("USA") && !is_country("us"));
/// ```
pub fn is_country(code: &str) -> bool {
    rust_iso3166::from_alpha2(code).is_some_and(|known| known.alpha2 == code)
}

/// Whether `place`, a country or a part of one, lies in `country`. The territories of the United
/// States are unknown, and so is what is no country.
///
/// ```
/// use tocsin_facts::{Kleene, lies_in};
/// assert_eq!(lies_in("US-CA", "US"), Kleene::Yes);
/// assert_eq!([lies_in("PR", "US"), lies_in("US-PR", "US")], [Kleene::Unknown; 2]);
/// assert_eq!([lies_in("GB", "US"), lies_in("USA", "US")], [Kleene::No, Kleene::Unknown]);
/// ```
pub fn lies_in(place: &str, country: &str) -> Kleene {
    let (of, part) = place.split_once('-').unwrap_or((place, ""));
    let territory = if of == "US" { part } else { of };
    if country == "US" && TERRITORIES.contains(&territory) {
        return Kleene::Unknown;
    }
    match is_country(of) {
        true => Kleene::from(of == country),
        false => Kleene::Unknown,
    }
}

/// The State or territory of the United States that `place` is, by ISO 3166-2; `None` where it is
/// no one in particular, or of another country.
///
/// ```
/// use tocsin_facts::us_state;
/// assert_eq!(us_state("PR"), us_state("US-PR"));
/// assert_eq!([us_state("US"), us_state("US-ZZ"), us_state("CA-QC")], [None, None, None]);
/// ```
pub fn us_state(place: &str) -> Option<&'static str> {
    let code = match TERRITORIES.contains(&place) {
        true => format!("US-{place}"),
        false => place.to_owned(),
    };
    let known = code.starts_with("US-").then_some(code)?;
    rust_iso3166::iso3166_2::from_code(&known).map(|one| one.code)
}
