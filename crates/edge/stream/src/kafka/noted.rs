//! What is noted with a committed position: the ids of topics, as text, for whoever comes next.

use crate::topic::TopicIds;

/// Before the ids of topics, each behind its topic's name.
const TOPICS: &str = "topics=";
/// Before the id of the topic that the position is in. It stands by itself: tools that mirror
/// positions to other clusters may give topics other names there, and keep the note as it is.
const TOPIC_ID: &str = "topic-id=";

/// The note of a position in `topic`; `None`: there is nothing to note. Names and ids have neither
/// of the marks between them. Brokers take 4096 bytes by default (`offset.metadata.max.bytes`), and
/// eight topics with the longest names have less.
pub(crate) fn note(topic: &str, ids: &TopicIds) -> Option<String> {
    let others = ids.iter().filter(|(name, _)| *name != topic);
    let others: Vec<String> = others.map(|(name, id)| format!("{name}:{id}")).collect();
    let others = (!others.is_empty()).then(|| format!("{TOPICS}{}", others.join(",")));
    let own = ids.get(topic).map(|id| format!("{TOPIC_ID}{id}"));
    let parts: Vec<String> = others.into_iter().chain(own).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// The ids that a note of a position in `topic` names. Whatever others have noted names none.
pub(crate) fn noted(topic: &str, note: &str) -> TopicIds {
    let mut ids = TopicIds::new();
    for part in note.split(' ') {
        if let Some(others) = part.strip_prefix(TOPICS) {
            let pairs = others.split(',').filter_map(|one| one.split_once(':'));
            ids.extend(pairs.map(|(name, id)| (name.to_owned(), id.to_owned())));
        } else if let Some(id) = part.strip_prefix(TOPIC_ID) {
            ids.insert(topic.to_owned(), id.to_owned());
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(of: &[(&str, &str)]) -> TopicIds {
        let owned = of
            .iter()
            .map(|(name, id)| ((*name).to_owned(), (*id).to_owned()));
        owned.collect()
    }

    #[test]
    fn a_note_is_read_as_it_was_written() {
        for known in [
            ids(&[("a", "1")]),
            ids(&[("b", "2")]),
            ids(&[("a", "zLq-_Q"), ("b.c_d-e", "2"), ("f", "3")]),
        ] {
            assert_eq!(noted("a", &note("a", &known).unwrap()), known);
        }
        assert_eq!(note("a", &TopicIds::new()), None);
    }

    #[test]
    fn a_note_of_one_id_is_read_under_whatever_name_the_topic_has() {
        let mirrored = note("a", &ids(&[("a", "1"), ("b", "2")])).unwrap();
        let found = noted("dc.a", &mirrored);
        assert_eq!(found, ids(&[("dc.a", "1"), ("b", "2")]));
        assert_eq!(noted("a", "topic-id=1"), ids(&[("a", "1")]));
    }

    #[test]
    fn what_others_note_names_no_topic() {
        for other in ["", "checkpoint 7", "topics=", "topics=a", "topic=a:1"] {
            assert_eq!(noted("a", other), TopicIds::new(), "{other}");
        }
    }

    #[test]
    fn the_longest_names_fit_into_what_brokers_take() {
        let one = |number: usize| (format!("{number:0>249}"), "z".repeat(22));
        let known: TopicIds = (0..8).map(one).collect();
        let longest = note(&one(0).0, &known).unwrap();
        assert!(longest.len() < 4_096, "{}", longest.len());
    }
}
