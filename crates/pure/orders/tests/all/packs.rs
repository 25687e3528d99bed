//! Packs are read strictly: what does not parse says where, what was expected and an example.

use std::collections::BTreeMap;
use tocsin_orders::{PackError, Packs};

const ORDER: &str = r#"
revision = 1
title = "Agency v. Company"
parties = ["Company"]
respondent = "Company"
court = "A court"
docket = "1"
document = "Document 1"
zone = "America/New_York"
grade = "order"
sources = [{ title = "the text", grade = "text" }]
"#;

const DUTY: &str = r#"
revision = 1
title = "Report"
kind = "report"
cite = "V"
grade = "order"
text = "Report."
counts = "things"
supplements = "None."
in_force = { trigger = "discovery", cite = "V" }

[populations.things]
text = "things"
cite = "V"
acts = { any = ["accessed"], text = "accessed", cite = "V" }
authority = { ground = "believed", text = "without authorization", cite = "V" }

[when]
text = "Enough?"
cite = "V"
count = { population = "things", unit = "accounts", at_least = 10 }

[[clocks]]
limb = "ten days"
text = "ten days"
cite = "V"
days = 10
method = "frcp-6"
anchors = ["discovery"]
"#;

fn packs(order: &str, duty: &str) -> Result<Packs, PackError> {
    Packs::from_files(BTreeMap::from([
        ("o/order.toml".to_owned(), order.to_owned()),
        ("o/duties/report.toml".to_owned(), duty.to_owned()),
    ]))
}

fn error(order: &str, duty: &str) -> PackError {
    packs(order, duty).expect_err("an error")
}

#[test]
fn a_small_pack_is_read_and_linted() {
    let packs = packs(ORDER, DUTY).expect("it parses");
    let order = packs.order("o").expect("it is there");
    assert_eq!(order.duties[0].name, "report");
    let lints: Vec<String> = packs.lint().iter().map(ToString::to_string).collect();
    assert!(
        lints.iter().any(|one| one.contains("`owed` has 0 cases")),
        "{lints:?}"
    );
    assert!(
        lints.iter().any(|one| one.contains("without items")),
        "{lints:?}"
    );
    assert!(
        lints.iter().any(|one| one.contains("[channel]")),
        "{lints:?}"
    );
    assert!(
        packs
            .check_lock()
            .iter()
            .any(|one| one.message.contains("missing"))
    );
}

#[test]
fn items_are_numbered_or_lettered_in_order() {
    let lints = |letters: &[&str]| {
        let items = letters.iter().map(|letter| {
            let item = format!("letter = \"{letter}\"\ntext = \"It\"\ncite = \"V\"");
            format!("\n[[items]]\n{item}\nfills = \"date\"\n")
        });
        let duty = format!("{DUTY}{}", items.collect::<String>());
        let lints = packs(ORDER, &duty).expect("it parses").lint();
        lints
            .into_iter()
            .filter(|one| one.message.contains("numbered"))
            .collect::<Vec<_>>()
    };
    for right in [
        ["1", "2", "3"],
        ["A", "B", "C"],
        ["a", "b", "c"],
        ["i", "ii", "iii"],
    ] {
        assert_eq!(lints(&right), [], "{right:?}");
    }
    for wrong in [
        ["D", "F", "N"],
        ["1", "3", "2"],
        ["1", "2", "VI.C"],
        ["A", "b", "C"],
    ] {
        let found = lints(&wrong);
        assert_eq!(found.len(), 1, "{wrong:?}");
        assert!(found[0].line > 1 && found[0].example.is_some(), "{found:?}");
    }
}

#[test]
fn errors_name_file_line_column_and_the_nearest_word() {
    let one = error(&ORDER.replace("docket", "dockett"), DUTY);
    assert_eq!(
        (one.file.as_str(), one.line, one.column),
        ("o/order.toml", 7, 1),
        "{one}"
    );
    assert_eq!(one.nearest.as_deref(), Some("docket"));

    let one = error(ORDER, &DUTY.replace("frcp-6", "frcp6"));
    assert_eq!(one.file, "o/duties/report.toml");
    assert_eq!(
        (one.line, one.nearest.as_deref()),
        (28, Some("frcp-6")),
        "{one}"
    );

    let one = error(ORDER, &DUTY.replace("\"discovery\"]", "\"discovry\"]"));
    assert_eq!((one.line, one.column), (29, 12), "{one}");
    assert!(one.example.is_some());

    let one = error(&ORDER.replace("America/New_York", "America/Newyork"), DUTY);
    assert!(one.to_string().contains("no time zone"), "{one}");
}

#[test]
fn a_condition_has_exactly_one_kind_and_names_what_is_there() {
    let two = DUTY.replace(
        "at_least = 10 }\n",
        "at_least = 10 }\nmilestone = \"verified\"\n",
    );
    let one = error(ORDER, &two);
    assert!(
        one.message.contains("it has 2") && one.example.is_some(),
        "{one}"
    );
    let none = DUTY.replace("count = {", "#");
    assert!(error(ORDER, &none).message.contains("it has 0"));
    let other = DUTY.replace("population = \"things\"", "population = \"thing\"");
    assert!(
        error(ORDER, &other)
            .message
            .contains("`thing` is no population")
    );
}

#[test]
fn a_case_stands_where_its_answer_says() {
    let case = "[expect]\nanswer = \"owed\"\n[facts]\n";
    let with = |file: &str| {
        Packs::from_files(BTreeMap::from([
            ("o/order.toml".to_owned(), ORDER.to_owned()),
            ("o/duties/report.toml".to_owned(), DUTY.to_owned()),
            (file.to_owned(), case.to_owned()),
        ]))
    };
    assert_eq!(
        with("o/cases/report/owed/a-b.toml")
            .expect("it fits")
            .cases()[0]
            .sentence,
        "a b"
    );
    assert!(with("o/cases/report/open/a.toml").is_err());
    assert!(with("o/cases/other/owed/a.toml").is_err());
    assert!(with("p/cases/report/owed/a.toml").is_err());
    assert!(with("o/notes.txt").is_err());
}

#[test]
fn comments_and_layout_are_no_content_but_words_are() {
    let digest = |duty: &str| packs(ORDER, duty).expect("it parses").digest();
    assert_eq!(
        digest(DUTY),
        digest(&DUTY.replace("days = 10", "# ten\ndays    = 10"))
    );
    assert_ne!(
        digest(DUTY),
        digest(&DUTY.replace("days = 10", "days = 11"))
    );
}

/// What is broken, how, and what the error or lint must say, with its line.
#[test]
fn broken_packs_are_refused_with_their_place() {
    let refused: [(&str, &str, &str); 19] = [
        ("kind = \"report\"", "kind = \"reprot\"", "unknown variant"),
        ("cite = \"V\"\ngrade", "grade", "missing field `cite`"),
        ("revision = 1", "revision = \"one\"", "invalid type"),
        ("supplements", "suplements", "unknown field"),
        ("at_least = 10", "at_least = -1", "invalid value"),
        (
            "unit = \"accounts\"",
            "unit = \"acounts\"",
            "unknown variant",
        ),
        ("days = 10", "days = \"ten\"", "invalid type"),
        ("days = 10", "days = 10\ndays = 11", "`days` stands twice"),
        (
            "days = 10",
            "days = 99999999999999999999",
            "wants a whole number",
        ),
        (
            "method = \"frcp-6\"",
            "method = \"frcp6\"",
            "unknown variant",
        ),
        ("grade = \"order\"", "grade = \"ordr\"", "unknown variant"),
        (
            "population = \"things\"",
            "population = \"thing\"",
            "no population",
        ),
        (
            "in_force = { trigger",
            "in_force = { window = { until = \"2043-02-30\" }, trigger",
            "2043-02",
        ),
        (
            "anchors = [\"discovery\"]",
            "anchors = [\"soon\"]",
            "starts no clock",
        ),
        (
            "[when]\ntext = \"Enough?\"\ncite = \"V\"",
            "[when]\ntext = \"Enough?\"",
            "`cite`",
        ),
        (
            "count = {",
            "under_text = \"old\"\n#",
            "none of the duty's `[[texts]]`",
        ),
        ("count = {", "duty = \"other\"\n#", "has no duty `other`"),
        ("count = {", "duty = \"report\"\n#", "refer to each other"),
        (
            "method = \"frcp-6\"",
            "method = \"frcp-6\"\nunder_text = \"old\"",
            "`[[texts]]`",
        ),
    ];
    for (from, to, says) in refused {
        let broken = DUTY.replacen(from, to, 1);
        assert_ne!(broken, DUTY, "{from}");
        let one = error(ORDER, &broken);
        assert!(one.message.contains(says), "{from}: {one}");
        assert!(one.example.is_some(), "{from}: {one}");
        assert_eq!(one.file, "o/duties/report.toml", "{one}");
        // What is missing of the whole file is missing from its first line on.
        let of_the_file = says.starts_with("missing field");
        assert!((one.line > 1) != of_the_file, "{from}: {one}");
        assert!(one.column > 0, "{from}: {one}");
    }
}

#[test]
fn what_a_pack_that_parses_lacks_is_said_with_its_place() {
    let second = |kind: &str| {
        format!(
            "[[unless]]\ntext = \"A spared one\"\ncite = \"V\"\n{kind}\n[[clocks]]\nlimb = \"ten"
        )
    };
    let same = second("count = { population = \"things\", unit = \"accounts\", at_least = 10 }");
    let fewer = second("count = { population = \"things\", unit = \"accounts\", at_least = 5 }");
    let gap = "[[texts]]\nname = \"old text\"\nuntil = \"2024-07-29\"\ntext = \"o\"\ncite = \"V\"\n\
               grade = \"text\"\n[[texts]]\nname = \"new text\"\nfrom = \"2024-07-30\"\ntext = \
               \"n\"\ncite = \"V\"\ngrade = \"text\"\n[[clocks]]\nlimb = \"ten";
    let clocks = "[[clocks]]\nlimb = \"ten";
    let force = "trigger = \"discovery\", cite = \"V\"";
    let until = format!("{force}, window = {{ until = \"2038-10-26\" }}");
    let unasked = format!("{until}, unsure = \"2038-10-25\"");
    let dayless = format!("{until}, unsure_question = \"last_day\"");
    let before = format!("{until}, unsure = \"2038-10-24\", unsure_question = \"last_day\"");
    let endless = format!("{force}, unsure = \"2038-10-25\", unsure_question = \"last_day\"");
    let notice = |more: &str| {
        format!("government_notice = {{ required = true, {more} }}\n[[unless]]\ntext = \"n\"")
    };
    let count = "count = { population = \"things\", unit = \"accounts\", at_least = 10 }\n";
    let told = |more: &str| format!("{}\ncite = \"V\"\n{count}", notice(more));
    let (abroad, nobody) = (told("country = \"USA\""), told("by = []"));
    let seen =
        "authority = { ground = \"believed\", text = \"without authorization\", cite = \"V\" }\n";
    let rule = "country = \"USA\", text = \"people\", cite = \"V\"";
    let americans = format!("{seen}residence = {{ {rule} }}\n");
    let lists = "excluded = [\"public\"], unsure = [\"public\"]";
    let both = format!(
        "{seen}visibility = {{ {lists}, text = \"open\", cite = \"V\", question = \"q\" }}\n"
    );
    let lacking: [(&str, &str, &str); 22] = [
        (count, &abroad, "`USA` is no country"),
        (count, &nobody, "met by nobody's notice"),
        (seen, &americans, "`USA` is no country"),
        (seen, &both, "both in `excluded` and in `unsure`"),
        (
            count,
            "noncompliance = [\"I\", \"I\"]\n",
            "names a section twice",
        ),
        ("days = 10", "days = 99999", "more than twenty years"),
        (
            "anchors = [\"discovery\"]",
            "anchors = [\"discovery\", \"discovery\"]",
            "stands twice",
        ),
        (
            "text = \"Enough?\"\ncite = \"V\"",
            "text = \"Enough?\"\ncite = \"TODO\"",
            "lacks its text",
        ),
        (
            "text = \"Enough?\"\ncite = \"V\"",
            "text = \"Enough?\"\ncite = \"?\"",
            "lacks its text",
        ),
        (force, &unasked, "stand together"),
        (force, &dayless, "stand together"),
        (force, &before, "not the last day before"),
        (force, &endless, "not the last day before"),
        (
            "text = \"Enough?\"\ncite = \"V\"",
            "text = \"Enough?\"\ncite = \"\"",
            "lacks its text",
        ),
        (clocks, &same, "can never hold"),
        (clocks, &fewer, "can never hold"),
        (clocks, gap, "covered by no text or by two"),
        ("at_least = 10", "at_least = 0", "always holds"),
        ("any = [\"accessed\"]", "any = []", "a list is empty"),
        (
            "anchors = [\"discovery\"]",
            "anchors = []",
            "nothing starts the clock",
        ),
        (
            "at_least = 10",
            "at_least = 10, aggregation_question = \"sum\"",
            "order.toml does not reserve it",
        ),
        (
            "text = \"ten days\"",
            "text = \"ten days again\"\nrepeats = { text = \"t\", cite = \"V\" }",
            "runs from `performed`",
        ),
    ];
    for (from, to, says) in lacking {
        let duty = DUTY.replacen(from, to, 1);
        assert_ne!(duty, DUTY, "{from}");
        let lints = packs(ORDER, &duty).expect("it parses").lint();
        let found = lints.iter().find(|lint| lint.message.contains(says));
        let found = found.unwrap_or_else(|| panic!("{says}: {lints:?}"));
        assert_eq!(found.file, "o/duties/report.toml");
        assert!(found.line > 1, "{found}");
        let never = says == "can never hold";
        assert!(!never || found.example.is_some(), "{found}");
    }
}

/// A copy of the report, besides it.
const COPY: &str = r#"
revision = 1
title = "Copy"
kind = "state-copy"
of = "report"
cite = "V"
grade = "order"
text = "To the State too."
items_of = "report"
given = "by hand"

[[clocks]]
limb = "ten days"
text = "ten days"
cite = "V"
days = 10
method = "frcp-6"
anchors = ["discovery"]
"#;

#[test]
fn a_document_that_goes_besides_the_report_has_its_items_and_says_where_it_goes() {
    let item = "\n[[items]]\nletter = \"1\"\ntext = \"It\"\ncite = \"V\"\nfills = \"date\"\n";
    let order = format!("channel_unknown = \"not in the source\"\n{ORDER}");
    let with = |order: &str, copy: &str| {
        let files = [
            ("o/order.toml", order.to_owned()),
            ("o/duties/report.toml", format!("{DUTY}{item}")),
            ("o/duties/copy.toml", copy.to_owned()),
        ];
        Packs::from_files(files.map(|(file, text)| (file.to_owned(), text)).into())
    };
    let whole = with(&order, COPY).expect("it parses");
    assert_eq!(whole.lint_law(), []);
    let duty = |name: &str| {
        whole
            .order("o")
            .expect("it is there")
            .duty(name)
            .expect("a duty")
    };
    assert_eq!(duty("copy").items, duty("report").items);

    let extended = format!("staff_may_extend = true\n{order}");
    let lacking = [
        (
            &order,
            "items_of = \"report\"\n",
            "",
            "a state-copy without items",
        ),
        (&order, "given = \"by hand\"\n", "", "how it is given"),
        (&extended, "", "", "may they move the date of this"),
    ];
    for (order, from, to, says) in lacking {
        let packs = with(order, &COPY.replace(from, to)).expect("it parses");
        let lints = packs.lint_law();
        let found = lints.iter().find(|lint| lint.message.contains(says));
        let found = found.unwrap_or_else(|| panic!("{says}: {lints:?}"));
        assert_eq!(found.file, "o/duties/copy.toml");
        assert!(found.line > 1, "{found}");
    }
    let said = COPY.replace("given", "staff_may_extend = false\ngiven");
    assert_eq!(with(&extended, &said).expect("it parses").lint_law(), []);
    for (copy, says) in [
        (format!("{COPY}{item}"), "which are meant"),
        (
            COPY.replace("_of = \"report\"", "_of = \"other\""),
            "no duty `other`",
        ),
    ] {
        let error = with(&order, &copy).expect_err("an error");
        assert!(error.message.contains(says), "{error}");
        assert!(error.line > 1, "{error}");
    }
}

#[test]
fn law_that_lacks_something_is_refused_and_cases_are_not_asked_for() {
    let order = format!("{ORDER}channel_unknown = \"not in the source\"\n");
    let item = "\n[[items]]\nletter = \"1\"\ntext = \"It\"\ncite = \"V\"\nfills = \"date\"\n";
    let duty = format!("{DUTY}{item}");
    let whole = packs(&order, &duty).expect("it parses");
    assert_eq!(whole.lint_law(), []);
    assert!(!whole.lint().is_empty(), "no case shows it");
    assert_eq!(whole.clone().sound(), Ok(whole));
    let unreachable = format!(
        "{duty}\n[[unless]]\ntext = \"A spared one\"\ncite = \"V\"\ncount = {{ population = \
         \"things\", unit = \"accounts\", at_least = 5 }}\n"
    );
    let uncited = duty.replacen(
        "text = \"Enough?\"\ncite = \"V\"",
        "text = \"Enough?\"\ncite = \"\"",
        1,
    );
    for (duty, says) in [(unreachable, "can never hold"), (uncited, "lacks its text")] {
        let packs = packs(&order, &duty).expect("it parses");
        let why = packs.sound().expect_err("it is refused");
        assert!(why.message.contains(says) && why.example.is_some(), "{why}");
        assert_eq!(why.file, "o/duties/report.toml");
        assert!(why.line > 1, "{why}");
    }
    let shipped = Packs::embedded().expect("the packs parse");
    assert_eq!(shipped.lint_law(), []);
}

#[test]
fn a_question_that_no_clause_raises_is_said() {
    let order = format!(
        "{ORDER}[reserved.sum]\nquestion = \"q\"\ncite = \"V\"\n[reserved.sum.readings]\n\
         a = {{ text = \"a\", effect = true }}\nb = {{ text = \"b\", effect = false }}\n"
    );
    let lints = packs(&order, DUTY).expect("it parses").lint();
    let found = lints
        .iter()
        .find(|lint| lint.message.contains("no clause raises"));
    assert_eq!(found.map(|lint| lint.line), Some(12), "{lints:?}");
    let neither = order.replace(", effect = true", "");
    let one = error(&neither, DUTY);
    assert!(one.message.contains("needs its `effect`"), "{one}");
    assert_eq!(one.line, 16, "{one}");
}

#[test]
fn a_value_of_the_wrong_type_is_refused_in_words_of_the_grammar() {
    for (from, to, says, example) in [
        (
            "at_least = 10",
            "at_least = \"ten\"",
            "`at_least` wants a whole number that is not negative, and it has the text \"ten\"",
            "at_least = 10",
        ),
        (
            "at_least = 10",
            "at_least = -1",
            "`at_least` wants a whole number that is not negative, and it has the number `-1`",
            "at_least = 10",
        ),
        (
            "at_least = 10",
            "at_least = 10, unit_question = 3",
            "`unit_question` wants a table of members, and it has the number `3`",
            "unit_question = { id = \"unit\", unit = \"consumers\" }",
        ),
        (
            "at_least = 10",
            "at_least = 10, in_one_state = \"no\"",
            "`in_one_state` wants true or false, without quotes, and it has the text \"no\"",
            "in_one_state = true",
        ),
        (
            "cite = \"V\"\ngrade",
            "cite = 5\ngrade",
            "`cite` wants a text in quotes, and it has the number `5`",
            "cite = \"VII\"",
        ),
        (
            "unit = \"accounts\"",
            "unit = 1",
            "`unit` wants one of its words, in quotes",
            "unit = \"accounts\"",
        ),
        (
            "anchors = [\"discovery\"]",
            "anchors = \"discovery\"",
            "`anchors` wants a list in brackets, and it has the text \"discovery\"",
            "anchors = [\"government_notice\", \"no_notice_needed\"]",
        ),
        (
            "[[clocks]]",
            "[clocks]",
            "`clocks` wants a list in brackets, and it has a table",
            "[[clocks]]",
        ),
    ] {
        let broken = DUTY.replacen(from, to, 1);
        assert_ne!(broken, DUTY, "{from}");
        let one = error(ORDER, &broken);
        assert!(one.message.contains(says), "{to}: {one}");
        let given = one.example.as_deref().unwrap_or_default();
        assert!(given.starts_with(example), "{to}: {one}");
        assert!(one.line > 1, "{one}");
    }
}

/// A duty whose trigger is `when` and whose exceptions are `unless`, each as an inline table.
fn put_together(when: &str, unless: &[&str]) -> Vec<String> {
    let order = format!("{ORDER}channel_unknown = \"not in the source\"\n");
    let start = DUTY.find("[when]").expect("it is there");
    let end = DUTY.find("[[clocks]]").expect("it is there");
    let item = "\n[[items]]\nletter = \"1\"\ntext = \"It\"\ncite = \"V\"\nfills = \"date\"\n";
    let unless = unless.join(", ");
    let clauses = format!("when = {when}\nunless = [{unless}]\n");
    let duty = format!("{clauses}{}{}{item}", &DUTY[..start], &DUTY[end..]);
    let lints = packs(&order, &duty).expect("it parses").lint_law();
    lints.iter().map(|lint| lint.message.clone()).collect()
}

fn part(text: &str, kind: &str) -> String {
    format!("{{ text = \"{text}\", cite = \"V\", {kind} }}")
}

fn so_many(text: &str, many: u32) -> String {
    let count = format!("{{ population = \"things\", unit = \"accounts\", at_least = {many} }}");
    part(text, &format!("count = {count}"))
}

fn fact(text: &str) -> String {
    part(text, "circumstance = \"public_meeting\"")
}

fn not(text: &str, what: &str) -> String {
    part(text, &format!("not = {what}"))
}

fn list(text: &str, kind: &str, parts: &[String]) -> String {
    part(text, &format!("{kind} = [{}]", parts.join(", ")))
}

#[test]
fn clauses_that_hold_never_or_always_are_refused_however_they_are_written() {
    let (many, few) = (so_many("500", 500), so_many("100", 100));
    let a = fact("a");
    let never = |text: &str| format!("`{text}` can never hold");
    // Fewer than 100 are never 500.
    let neither = list("both", "all", &[many.clone(), not("fewer", &few)]);
    let said = put_together(&neither, &[]);
    assert!(said[0].starts_with(&never("both")), "{said:?}");
    // The other way round there are some.
    let some = list("both", "all", &[few.clone(), not("fewer", &many)]);
    assert_eq!(put_together(&some, &[]), Vec::<String>::new());
    // A fact and its contrary.
    let wrapped = list("it", "all", std::slice::from_ref(&a));
    let other = not("not it", &list("it again", "all", std::slice::from_ref(&a)));
    let said = put_together(&list("both", "all", &[wrapped, other]), &[]);
    assert!(said[0].starts_with(&never("both")), "{said:?}");
    let either = list("either", "any", &[a.clone(), not("not a", &a)]);
    let said = put_together(&many, &[&either]);
    assert!(said[0].starts_with("`either` always holds"), "{said:?}");
    // An exception takes all out together with another one.
    let said = put_together(&many, &[&a, &not("not a", &a)]);
    assert!(
        said[0].contains("`not a` nothing would ever be owed"),
        "{said:?}"
    );
}

#[test]
fn an_exception_that_takes_nothing_out_is_refused() {
    let many = so_many("500", 500);
    let a = fact("a");
    let told = part("told", "milestone = \"verified\"");
    let less = list("less", "all", &[a.clone(), told.clone()]);
    let nothing = |text: &str| format!("the exception `{text}` takes nothing out");
    for unless in [[a.as_str(), less.as_str()], [less.as_str(), a.as_str()]] {
        let said = put_together(&many, &unless);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].starts_with(&nothing("less")), "{said:?}");
    }
    // Of two that are alike the last.
    let said = put_together(&many, &[&a, &fact("a too")]);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with(&nothing("a too")), "{said:?}");
    // Where it is not owed anyway.
    let said = put_together(&many, &[&not("fewer", &so_many("100", 100))]);
    assert!(said[0].starts_with(&nothing("fewer")), "{said:?}");
    assert_eq!(put_together(&many, &[&a, &told]), Vec::<String>::new());
}

#[test]
fn a_notice_that_an_exception_takes_out_is_one_whatever_counsel_is_asked_of_it() {
    let notice = |more: &str| {
        part(
            "told",
            &format!("government_notice = {{ required = true{more} }}"),
        )
    };
    let when = list(
        "one",
        "any",
        &[so_many("500", 500), notice(", reversal_question = \"r\"")],
    );
    let said = put_together(&when, &[&notice("")]);
    let dead = |one: &String| one.starts_with("`told` can never hold");
    assert!(said.iter().any(dead), "{said:?}");
}

#[test]
fn a_branch_that_never_carries_the_clause_is_refused() {
    let a = fact("a");
    let told = part("told", "milestone = \"verified\"");
    let dead = list("dead", "all", &[a.clone(), told.clone()]);
    let when = list("one", "any", &[so_many("500", 500), dead]);
    let unless = list("both", "all", &[told, a]);
    let said = put_together(&when, &[&unless]);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("`dead` can never hold"), "{said:?}");
}

#[test]
fn a_clause_in_the_words_of_another_duty_is_taken_over_only_where_it_asks_for_the_same() {
    let order = format!("{ORDER}channel_unknown = \"not in the source\"\n");
    let follows = |when: &str| {
        let start = DUTY.find("[when]").expect("it is there");
        let end = DUTY.find("[[clocks]]").expect("it is there");
        let own = format!("of = \"report\"\nitems_of = \"report\"\nwhen = {when}\n");
        let head = DUTY[..start].replacen("title = \"Report\"", "title = \"Again\"", 1);
        let head = head.replacen("kind = \"report\"", "kind = \"update\"", 1);
        format!("{own}{head}{}", &DUTY[end..])
    };
    let item = "\n[[items]]\nletter = \"1\"\ntext = \"It\"\ncite = \"V\"\nfills = \"date\"\n";
    let first = format!("{DUTY}{item}");
    let said = |when: &str| {
        let packs = Packs::from_files(BTreeMap::from([
            ("o/order.toml".to_owned(), order.clone()),
            ("o/duties/report.toml".to_owned(), first.clone()),
            ("o/duties/second.toml".to_owned(), follows(when)),
        ]))
        .expect("it parses");
        let lints = packs.lint_law();
        let lints = lints.iter().map(|lint| lint.message.clone());
        lints.collect::<Vec<String>>()
    };
    let a = fact("a");
    assert_eq!(said(&a), Vec::<String>::new());
    let none = list("both", "all", &[so_many("Enough?", 0), a.clone()]);
    let all = said(&none);
    assert!(
        all.iter()
            .any(|one| one.contains("`at_least = 0` always holds")),
        "{all:?}"
    );
    let never = list("Enough?", "all", &[a.clone(), not("not a", &a)]);
    let all = said(&never);
    assert!(
        all.iter().any(|one| one.contains("can never hold")),
        "{all:?}"
    );
}

#[test]
fn what_another_duty_lacks_is_said_of_the_file_where_it_stands() {
    let order = format!("{ORDER}channel_unknown = \"not in the source\"\n");
    let item = "\n[[items]]\nletter = \"2\"\ntext = \"It\"\ncite = \"\"\nfills = \"date\"\n";
    let first = format!("{DUTY}{item}").replacen(
        "text = \"Enough?\"\ncite = \"V\"",
        "text = \"Enough \\\"or\\\" not?\"\ncite = \"\"",
        1,
    );
    let follows = "revision = 1\ntitle = \"Again\"\nkind = \"update\"\ncite = \"V\"\n\
                   grade = \"order\"\ntext = \"Again.\"\nof = \"report\"\nitems_of = \"report\"\n\
                   [[clocks]]\nlimb = \"later\"\ntext = \"later\"\ncite = \"V\"\ndays = 9\n\
                   method = \"frcp-6\"\nanchors = [\"discovery\"]\n";
    let packs = Packs::from_files(BTreeMap::from([
        ("o/order.toml".to_owned(), order),
        ("o/duties/a-second.toml".to_owned(), follows.to_owned()),
        ("o/duties/report.toml".to_owned(), first),
    ]))
    .expect("it parses");
    let lints = packs.lint_law();
    assert_eq!(lints.len(), 3, "{lints:?}");
    for lint in &lints {
        assert_eq!(lint.file, "o/duties/report.toml", "{lint}");
        assert!(lint.line > 1, "{lint}");
    }
}
