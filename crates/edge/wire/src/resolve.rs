//! Schema resolution: from any writer's schema to the newest version of a record, bytes to bytes.
//!
//! A plan is made once per writer's schema. It follows Avro's rules (fields by name or alias,
//! missing ones from a null default, extra ones skipped, promotions, unions branch by branch) and
//! is stricter where those rules would let an instant be misread: milliseconds and nanoseconds are
//! converted, local times and dates are refused, a long without a unit is taken for microseconds
//! only where no other unit could have written it.

use crate::cursor::{Cursor, malformed, put_count, put_delimited, put_long};
use crate::error::{Code, Fault, Limits};
use crate::graph::{Graph, Meaning, NO_BRANCH, Node, NodeId, count_items, short, too_deep};
use facts::Moment;

/// Below this a long without a unit may be milliseconds: they reach it in the year 5138.
const LEAST_UNITLESS_MICROS: i64 = 100_000_000_000_000;

/// How to get one value of the reader's type from what the writer wrote.
enum Step {
    Nothing,
    Boolean,
    Text,
    Whole {
        least: i64,
        int: bool,
    },
    Instant(Meaning),
    Symbol(Vec<Option<usize>>),
    List(Box<Step>),
    Record(Box<Fields>),
    /// The writer's branch decides; a branch that cannot be resolved fails when it occurs.
    Branches(Vec<Result<Step, String>>),
    /// The reader has a union; the value goes into this branch.
    Into(usize, Box<Step>),
}

struct Fields {
    /// For each of the writer's fields: its name, its type, and the reader's field it becomes.
    written: Vec<(String, NodeId, Option<usize>)>,
    /// For each of the reader's fields, in its order.
    read: Vec<Source>,
    /// Whether the writer has what the reader wants in the same order, so that one pass does.
    in_order: bool,
}

enum Source {
    /// The writer's field of this index.
    Field(usize, Step),
    /// Null, which is this branch.
    Null(usize),
}

/// From one writer's schema to one reader's.
pub(crate) struct Plan {
    root: Step,
}

impl Plan {
    /// Makes the plan, or says which member cannot be resolved and why.
    pub(crate) fn new(writer: &Graph, reader: &Graph) -> Result<Plan, String> {
        let both = Both { writer, reader };
        Ok(Plan {
            root: both.step(writer.root(), reader.root(), "")?,
        })
    }

    /// Reads one value and appends it to `out` as the reader's schema has it.
    pub(crate) fn run(
        &self,
        writer: &Graph,
        cursor: &mut Cursor<'_>,
        out: &mut Vec<u8>,
        limits: &Limits,
    ) -> Result<(), Fault> {
        Run { writer, limits }.step(&self.root, cursor, out, 0)
    }
}

struct Both<'g> {
    writer: &'g Graph,
    reader: &'g Graph,
}

impl Both<'_> {
    fn step(&self, w: NodeId, r: NodeId, path: &str) -> Result<Step, String> {
        let wrong = || {
            let (from, to) = (self.writer.node(w).label(), self.reader.node(r).label());
            let path = if path.is_empty() { "the record" } else { path };
            Err(format!(
                "`{path}` is {from} in the writer's schema where {to} is needed"
            ))
        };
        match (self.writer.node(w), self.reader.node(r)) {
            (Node::Union(branches), _) => {
                let steps: Vec<_> = branches
                    .iter()
                    .map(|branch| self.step(*branch, r, path))
                    .collect();
                match steps.iter().all(Result::is_err) {
                    true => steps.into_iter().last().unwrap_or_else(wrong),
                    false => Ok(Step::Branches(steps)),
                }
            }
            (_, Node::Union(branches)) => self.to_union(w, branches, path, wrong),
            (Node::Null, Node::Null) => Ok(Step::Nothing),
            (Node::Boolean, Node::Boolean) => Ok(Step::Boolean),
            (Node::String | Node::Bytes, Node::String) => Ok(Step::Text),
            (Node::Long(Meaning::Other), Node::Long(Meaning::Micros)) => wrong(),
            (Node::Long(unit), Node::Long(Meaning::Micros)) => Ok(Step::Instant(*unit)),
            (Node::Int(_), Node::Long(Meaning::Micros)) => wrong(),
            (Node::Int(_), Node::Int(meaning)) => Ok(whole(*meaning, true)),
            (Node::Int(_) | Node::Long(_), Node::Long(meaning)) => Ok(whole(*meaning, false)),
            (Node::Enum { symbols, .. }, Node::Enum { symbols: known, .. }) => Ok(Step::Symbol(
                symbols
                    .iter()
                    .map(|symbol| known.iter().position(|one| one == symbol))
                    .collect(),
            )),
            (Node::Array(w), Node::Array(r)) => Ok(Step::List(Box::new(self.step(
                *w,
                *r,
                &format!("{path}[]"),
            )?))),
            (Node::Record { .. }, Node::Record { .. }) => self.record(w, r, path),
            _ => wrong(),
        }
    }

    fn to_union(
        &self,
        w: NodeId,
        branches: &[NodeId],
        path: &str,
        wrong: impl Fn() -> Result<Step, String>,
    ) -> Result<Step, String> {
        let records = branches
            .iter()
            .filter(|id| matches!(self.reader.node(**id), Node::Record { .. }));
        let by_name = records.count() > 1;
        let mut first = None;
        for (index, branch) in branches.iter().enumerate() {
            if let (Node::Record { name, .. }, Node::Record { name: wanted, .. }) =
                (self.writer.node(w), self.reader.node(*branch))
                && by_name
                && short(name) != short(wanted)
            {
                continue;
            }
            match self.step(w, *branch, path) {
                Ok(step) => return Ok(Step::Into(index, Box::new(step))),
                // The failure of the branch that is not null says most.
                Err(text) if !matches!(self.reader.node(*branch), Node::Null) => {
                    first.get_or_insert(text);
                }
                Err(_) => {}
            }
        }
        first.map_or_else(wrong, Err)
    }

    fn record(&self, w: NodeId, r: NodeId, path: &str) -> Result<Step, String> {
        let (Node::Record { fields: theirs, .. }, Node::Record { fields: ours, .. }) =
            (self.writer.node(w), self.reader.node(r))
        else {
            return Err(format!("`{path}` is no record"));
        };
        let mut written: Vec<(String, NodeId, Option<usize>)> = theirs
            .iter()
            .map(|field| (field.name.clone(), field.node, None))
            .collect();
        let mut read = Vec::with_capacity(ours.len());
        for (index, field) in ours.iter().enumerate() {
            let path = if path.is_empty() {
                field.name.clone()
            } else {
                format!("{path}.{}", field.name)
            };
            let named = |name: &str| theirs.iter().position(|their| their.name == name);
            let theirs_index =
                named(&field.name).or_else(|| field.aliases.iter().find_map(|name| named(name)));
            if let Some(from) = theirs_index {
                written[from].2 = Some(index);
                read.push(Source::Field(
                    from,
                    self.step(theirs[from].node, field.node, &path)?,
                ));
                continue;
            }
            let null = match self.reader.node(field.node) {
                Node::Union(branches) => branches
                    .iter()
                    .position(|branch| matches!(self.reader.node(*branch), Node::Null)),
                _ => None,
            };
            let null = null.ok_or_else(|| {
                format!("`{path}` is needed and the writer's schema does not have it")
            })?;
            read.push(Source::Null(null));
        }
        let order: Vec<usize> = written.iter().filter_map(|(_, _, to)| *to).collect();
        let in_order = order.is_sorted();
        Ok(Step::Record(Box::new(Fields {
            written,
            read,
            in_order,
        })))
    }
}

fn whole(meaning: Meaning, int: bool) -> Step {
    Step::Whole {
        least: if meaning == Meaning::Count {
            0
        } else {
            i64::MIN
        },
        int,
    }
}

struct Run<'g> {
    writer: &'g Graph,
    limits: &'g Limits,
}

impl Run<'_> {
    fn step(
        &self,
        step: &Step,
        cursor: &mut Cursor<'_>,
        out: &mut Vec<u8>,
        depth: usize,
    ) -> Result<(), Fault> {
        if depth > self.limits.depth {
            return Err(too_deep(self.limits));
        }
        match step {
            Step::Nothing => {}
            Step::Boolean => match cursor.take(1)? {
                [byte @ (0 | 1)] => out.push(*byte),
                _ => return Err(malformed("a boolean is neither 0 nor 1")),
            },
            Step::Text => put_delimited(out, cursor.text()?.as_bytes()),
            Step::Whole { least, int } => {
                let value = if *int {
                    i64::from(cursor.int()?)
                } else {
                    cursor.long()?
                };
                put_long(out, at_least(value, *least)?);
            }
            Step::Instant(unit) => put_long(out, instant(cursor.long()?, *unit)?),
            Step::Symbol(known) => {
                let index = cursor.index()?;
                let symbol = known
                    .get(index)
                    .ok_or_else(|| malformed("an enum has no such symbol"))?;
                put_count(out, symbol.ok_or_else(unknown_symbol)?);
            }
            Step::List(item) => self.list(item, cursor, out, depth)?,
            Step::Record(fields) if fields.in_order => self.straight(fields, cursor, out, depth)?,
            Step::Record(fields) => self.reordered(fields, cursor, out, depth)?,
            Step::Branches(branches) => match branches.get(cursor.index()?) {
                Some(Ok(step)) => self.step(step, cursor, out, depth + 1)?,
                Some(Err(text)) => {
                    return Err(Fault::new(Code::AvroSchemaMismatch, text.clone()));
                }
                None => return Err(malformed(NO_BRANCH)),
            },
            Step::Into(branch, step) => {
                put_count(out, *branch);
                self.step(step, cursor, out, depth + 1)?;
            }
        }
        Ok(())
    }

    fn list(
        &self,
        item: &Step,
        cursor: &mut Cursor<'_>,
        out: &mut Vec<u8>,
        depth: usize,
    ) -> Result<(), Fault> {
        let mut total: u64 = 0;
        loop {
            let (count, _) = cursor.block()?;
            if count == 0 {
                out.push(0);
                return Ok(());
            }
            let before = usize::try_from(total).unwrap_or(usize::MAX);
            total = count_items(total, count, self.limits)?;
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            put_count(out, count);
            for index in 0..count {
                self.step(item, cursor, out, depth + 1)
                    .map_err(|fault| fault.at(before + index))?;
            }
        }
    }

    /// The writer's order is the reader's: one pass.
    fn straight(
        &self,
        fields: &Fields,
        cursor: &mut Cursor<'_>,
        out: &mut Vec<u8>,
        depth: usize,
    ) -> Result<(), Fault> {
        let mut next = 0;
        for (name, node, to) in &fields.written {
            let result = match to {
                None => self.writer.skip(*node, cursor, self.limits, depth + 1),
                Some(to) => {
                    self.nulls(fields, next, *to, out);
                    next = to + 1;
                    match &fields.read[*to] {
                        Source::Field(_, step) => self.step(step, cursor, out, depth + 1),
                        Source::Null(_) => Ok(()),
                    }
                }
            };
            result.map_err(|fault| fault.within(name))?;
        }
        self.nulls(fields, next, fields.read.len(), out);
        Ok(())
    }

    fn nulls(&self, fields: &Fields, from: usize, to: usize, out: &mut Vec<u8>) {
        for source in &fields.read[from..to] {
            if let Source::Null(branch) = source {
                put_count(out, *branch);
            }
        }
    }

    /// Finds where each of the writer's fields begins, then reads them in the reader's order.
    fn reordered(
        &self,
        fields: &Fields,
        cursor: &mut Cursor<'_>,
        out: &mut Vec<u8>,
        depth: usize,
    ) -> Result<(), Fault> {
        let mut begins = Vec::with_capacity(fields.written.len());
        for (name, node, _) in &fields.written {
            begins.push(cursor.position());
            self.writer
                .skip(*node, cursor, self.limits, depth + 1)
                .map_err(|fault| fault.within(name))?;
        }
        for source in &fields.read {
            match source {
                Source::Null(branch) => put_count(out, *branch),
                Source::Field(from, step) => self
                    .step(step, &mut cursor.again_at(begins[*from]), out, depth + 1)
                    .map_err(|fault| fault.within(&fields.written[*from].0))?,
            }
        }
        Ok(())
    }
}

/// `value`, if it is not less than `least`.
pub(crate) fn at_least(value: i64, least: i64) -> Result<i64, Fault> {
    if value < least {
        return Err(Fault::new(
            Code::ValueOutOfRange,
            format!("a count is less than {least}"),
        ));
    }
    Ok(value)
}

/// `value` in `unit` as microseconds since 1970, within the years that a record can have.
pub(crate) fn instant(value: i64, unit: Meaning) -> Result<i64, Fault> {
    let micros = match unit {
        Meaning::Millis => value.checked_mul(1000),
        Meaning::Nanos => Some(value.div_euclid(1000)),
        Meaning::Micros => Some(value),
        _ if value < LEAST_UNITLESS_MICROS => {
            return Err(Fault::new(
                Code::InstantOutOfRange,
                "a long without a unit is too small for microseconds since 1970; declare \
                 timestamp-micros or timestamp-millis in the writer's schema",
            ));
        }
        _ => Some(value),
    };
    micros
        .and_then(|micros| Moment::from_micros(micros).ok())
        .map(Moment::micros)
        .ok_or_else(out_of_years)
}

#[cold]
pub(crate) fn out_of_years() -> Fault {
    Fault::new(
        Code::InstantOutOfRange,
        "the instant lies outside the years 1970 to 2999",
    )
}

#[cold]
fn unknown_symbol() -> Fault {
    Fault::new(
        Code::AvroUnknownSymbol,
        "the writer's word is none that this version knows; update this program or the source",
    )
}
