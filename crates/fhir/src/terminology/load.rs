//! Files of codes as their publishers hand them out, read into a CodeSystem: a table of code and display, NDJSON, ICD-10-CM's
//! list, LOINC's table, RxNorm's RXNCONSO, SNOMED CT's descriptions. A file is taken whole or refused whole, with the line.

use compact_str::CompactString;
use rustc_hash::FxHashMap;

use crate::{Object, Value, json};

/// So many codes are in one code system: a CodeSystem is one resource, read whole and kept in memory for the search by words, and a
/// page that loads one takes a file of 20 MB. Of SNOMED CT (over 350,000 active concepts) that is a subset, as national
/// editions publish them for problems and procedures.
const MOST: usize = 200_000;
/// A code is at most this long, in bytes.
const LONGEST_CODE: usize = 100;
/// A SNOMED CT description is a fully specified name.
const FULLY_SPECIFIED: &str = "900000000000003001";

/// How a file of codes is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeFile {
    /// Comma-separated values (RFC 4180) with the columns `code` and `display`.
    Csv,
    /// A JSON object on each line, with `code` and `display`.
    Ndjson,
    /// ICD-10-CM's list of codes (`icd10cm-codes-2026.txt`): the code without its point, blanks, the text.
    Icd10Cm,
    /// LOINC's table (`Loinc.csv`).
    Loinc,
    /// RxNorm's names (`RXNCONSO.RRF`): its own ones in English that are not suppressed, one for each concept.
    RxNorm,
    /// SNOMED CT's descriptions (`sct2_Description_Snapshot-en_….txt`): the fully specified names in use.
    Snomed,
}

impl CodeFile {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Icd10Cm,
        Self::Loinc,
        Self::RxNorm,
        Self::Snomed,
        Self::Csv,
        Self::Ndjson,
    ];

    /// Its word in forms and commands.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
            Self::Icd10Cm => "icd-10-cm",
            Self::Loinc => "loinc",
            Self::RxNorm => "rxnorm",
            Self::Snomed => "snomed",
        }
    }

    /// By its word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|file| file.word() == word)
    }

    /// The code system that its publisher writes it for: its canonical URL and its name; none for tables of one's own.
    pub const fn system(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Csv | Self::Ndjson => None,
            Self::Icd10Cm => Some(("http://hl7.org/fhir/sid/icd-10-cm", "ICD-10-CM")),
            Self::Loinc => Some(("http://loinc.org", "LOINC")),
            Self::RxNorm => Some(("http://www.nlm.nih.gov/research/umls/rxnorm", "RxNorm")),
            Self::Snomed => Some(("http://snomed.info/sct", "SNOMED CT")),
        }
    }
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadLine {
    /// Not UTF-8.
    #[error("it is not UTF-8 text")]
    Text,
    /// The heading does not name a column that is needed.
    #[error("the heading does not name the columns of the code and of its text")]
    Heading,
    /// Fewer columns than the format has.
    #[error("it has too few columns")]
    Short,
    /// Not a JSON object.
    #[error("it is not a JSON object")]
    Json,
    /// A quotation mark that is not closed.
    #[error("a quotation mark is not closed")]
    Quote,
    /// No code, or one that no code system has.
    #[error("the code is missing, has blanks around it or is too long")]
    Code,
    /// No text.
    #[error("the text of the code is missing")]
    Display,
    /// The same code with another text stands further up.
    #[error("the code stands further up with another text")]
    Twice,
    /// More codes than are taken.
    #[error("more than 200,000 codes: load a part of the code system")]
    TooMany,
    /// The file ends without a code that is in use.
    #[error("no code that is in use was found: is it a file of this kind?")]
    Nothing,
}

/// Why a file of codes is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct BadCodes {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: BadLine,
}

/// Codes and what they say, in the order of their file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Codes(Vec<(CompactString, CompactString)>);

impl Codes {
    /// Reads a file.
    pub fn read(file: CodeFile, bytes: &[u8]) -> Result<Self, BadCodes> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
            BadCodes {
                line: before.iter().filter(|b| **b == b'\n').count() + 1,
                why: BadLine::Text,
            }
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut into = Gathered::default();
        match file {
            CodeFile::Csv => into.table(text, ["code", "display", ""])?,
            CodeFile::Loinc => into.table(text, ["LOINC_NUM", "LONG_COMMON_NAME", "STATUS"])?,
            CodeFile::Ndjson => into.lines(text, ndjson)?,
            CodeFile::Icd10Cm => into.lines(text, icd10cm)?,
            CodeFile::RxNorm => into.lines(text, rxnorm)?,
            CodeFile::Snomed => into.lines(text, snomed)?,
        }
        match into.all.is_empty() {
            true => Err(BadCodes {
                line: text.lines().count().max(1),
                why: BadLine::Nothing,
            }),
            false => Ok(Self(into.all)),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As a CodeSystem in use: its canonical URL, its name, its version.
    pub fn system(&self, url: &str, name: &str, version: &str) -> Object {
        let concept = |(code, display): &(CompactString, CompactString)| {
            Value::from([
                ("code", Value::from(code.as_str())),
                ("display", Value::from(display.as_str())),
            ])
        };
        let mut system = Object::new();
        system.set("resourceType", "CodeSystem");
        system.set("url", url);
        system.set("version", version);
        system.set("title", name);
        system.set("status", "active");
        system.set("content", "complete");
        system.set("caseSensitive", true);
        system.set("count", i64::try_from(self.0.len()).unwrap_or(i64::MAX));
        let concepts: Vec<Value> = self.0.iter().map(concept).collect();
        system.set("concept", concepts);
        system
    }
}

/// A line's code and text; nothing for a line that is not about a code in use.
type Line = Option<(CompactString, CompactString)>;

#[derive(Default)]
struct Gathered {
    all: Vec<(CompactString, CompactString)>,
    places: FxHashMap<CompactString, usize>,
}

impl Gathered {
    fn take(&mut self, code: &str, display: &str) -> Result<(), BadLine> {
        let display = display.trim();
        if code.is_empty() || code.trim() != code || code.len() > LONGEST_CODE {
            return Err(BadLine::Code);
        }
        if display.is_empty() {
            return Err(BadLine::Display);
        }
        let place = self.places.get(code);
        match place.and_then(|at| self.all.get(*at)) {
            Some((_, there)) if there == display => return Ok(()),
            Some(_) => return Err(BadLine::Twice),
            None => {}
        }
        if self.all.len() >= MOST {
            return Err(BadLine::TooMany);
        }
        let code = CompactString::new(code);
        self.places.insert(code.clone(), self.all.len());
        self.all.push((code, CompactString::new(display)));
        Ok(())
    }

    /// A file each of whose lines stands for itself.
    fn lines(
        &mut self,
        text: &str,
        read: fn(&str) -> Result<Line, BadLine>,
    ) -> Result<(), BadCodes> {
        for (at, line) in text.lines().enumerate() {
            let at_line = |why| BadCodes { line: at + 1, why };
            if line.trim().is_empty() {
                continue;
            }
            if let Some((code, display)) = read(line).map_err(at_line)? {
                self.take(&code, &display).map_err(at_line)?;
            }
        }
        Ok(())
    }

    /// A table with a heading: the columns of the code, of the text, and of the state, if it has one.
    fn table(&mut self, text: &str, columns: [&str; 3]) -> Result<(), BadCodes> {
        let mut records = Records {
            rest: text,
            line: 1,
        };
        let heading = records.next().transpose()?;
        let (_, heading) = heading.unwrap_or_default();
        let place = |name: &str| {
            heading
                .iter()
                .position(|h| h.trim().eq_ignore_ascii_case(name))
        };
        let [code, display, state] = columns.map(place);
        let (Some(code), Some(display)) = (code, display) else {
            return Err(BadCodes {
                line: 1,
                why: BadLine::Heading,
            });
        };
        for record in records {
            let (line, cells) = record?;
            let at_line = |why| BadCodes { line, why };
            if matches!(cells.as_slice(), [only] if only.trim().is_empty()) {
                continue;
            }
            let cell = |at: usize| cells.get(at).ok_or(at_line(BadLine::Short));
            if state.is_some_and(|at| cells.get(at).is_some_and(|s| s == "DEPRECATED")) {
                continue;
            }
            self.take(cell(code)?, cell(display)?).map_err(at_line)?;
        }
        Ok(())
    }
}

/// The records of a table of comma-separated values, each with the line on which it begins.
struct Records<'a> {
    rest: &'a str,
    line: usize,
}

impl Iterator for Records<'_> {
    type Item = Result<(usize, Vec<String>), BadCodes>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let begin = self.line;
        let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
        let mut letters = self.rest.char_indices().peekable();
        let mut end = self.rest.len();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' if quoted && matches!(letters.peek(), Some((_, '"'))) => {
                    letters.next();
                    cell.push('"');
                }
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(std::mem::take(&mut cell)),
                '\n' => {
                    self.line += 1;
                    if !quoted {
                        end = at + 1;
                        break;
                    }
                    cell.push('\n');
                }
                '\r' if !quoted => {}
                other => cell.push(other),
            }
        }
        self.rest = self.rest.get(end..).unwrap_or_default();
        cells.push(cell);
        Some(match quoted {
            true => Err(BadCodes {
                line: begin,
                why: BadLine::Quote,
            }),
            false => Ok((begin, cells)),
        })
    }
}

fn ndjson(line: &str) -> Result<Line, BadLine> {
    let value = json::read(line.as_bytes()).map_err(|_| BadLine::Json)?;
    value.as_object().ok_or(BadLine::Json)?;
    let text = |name| value.str_at(name).map(CompactString::new);
    let code = text("code").ok_or(BadLine::Code)?;
    Ok(Some((code, text("display").ok_or(BadLine::Display)?)))
}

/// `A000    Cholera due to …` is A00.0.
fn icd10cm(line: &str) -> Result<Line, BadLine> {
    let (code, display) = line.split_once(' ').ok_or(BadLine::Short)?;
    let plain = (3..=7).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric());
    let (head, rest) = code.split_at_checked(3).ok_or(BadLine::Code)?;
    let code = match (plain, rest) {
        (false, _) => return Err(BadLine::Code),
        (true, "") => CompactString::new(head),
        (true, rest) => CompactString::from([head, ".", rest].concat()),
    };
    Ok(Some((code, CompactString::new(display))))
}

/// RXCUI|LAT|TS|LUI|STT|SUI|ISPREF|RXAUI|SAUI|SCUI|SDUI|SAB|TTY|CODE|STR|SRL|SUPPRESS|CVF|: ingredients, brands, drugs and packs;
/// their synonyms are left out.
fn rxnorm(line: &str) -> Result<Line, BadLine> {
    const NAMES: [&str; 8] = ["IN", "PIN", "MIN", "BN", "SCD", "SBD", "GPCK", "BPCK"];
    let cells: Vec<&str> = line.split('|').collect();
    let [code, language, .., name, _, suppressed, _, _] = cells.as_slice() else {
        return Err(BadLine::Short);
    };
    let (Some(source), Some(kind), true) = (cells.get(11), cells.get(12), cells.len() == 19) else {
        return Err(BadLine::Short);
    };
    let wanted = (*language, *source, *suppressed) == ("ENG", "RXNORM", "N");
    let line = || (CompactString::new(code), CompactString::new(name));
    Ok((wanted && NAMES.contains(kind)).then(line))
}

/// id, effectiveTime, active, moduleId, conceptId, languageCode, typeId, term, caseSignificanceId, with tabs between them.
fn snomed(line: &str) -> Result<Line, BadLine> {
    let cells: Vec<&str> = line.split('\t').collect();
    let [_, _, active, _, code, language, kind, term, _] = cells.as_slice() else {
        return Err(BadLine::Short);
    };
    let wanted = (*active, *language, *kind) == ("1", "en", FULLY_SPECIFIED);
    Ok(wanted.then(|| (CompactString::new(code), CompactString::new(term))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(file: CodeFile, text: &str) -> Result<Vec<(String, String)>, BadCodes> {
        let codes = Codes::read(file, text.as_bytes())?;
        let all = codes.0.into_iter();
        Ok(all.map(|(c, d)| (c.to_string(), d.to_string())).collect())
    }

    #[test]
    fn emr_1_28_each_publishers_file_gives_the_codes_that_are_in_use() {
        let check = |file, text: &str, expected: &[(&str, &str)]| {
            let found = read(file, text).unwrap();
            let found: Vec<(&str, &str)> = found
                .iter()
                .map(|(c, d)| (c.as_str(), d.as_str()))
                .collect();
            assert_eq!(found, expected, "{file:?}");
            let word = file.word();
            assert_eq!(CodeFile::of(word), Some(file));
        };
        check(
            CodeFile::Csv,
            "\u{feff}display,Code\r\n\"Asthma, mild\",A1\r\nSays \"\"x\"\",A2\r\n\r\n\"two\nlines\",A3\n",
            &[
                ("A1", "Asthma, mild"),
                ("A2", "Says x"),
                ("A3", "two\nlines"),
            ],
        );
        check(
            CodeFile::Ndjson,
            "{\"code\":\"1\",\"display\":\"One\"}\n\n{\"code\":\"2\",\"display\":\"T\\u00fc\"}",
            &[("1", "One"), ("2", "Tü")],
        );
        check(
            CodeFile::Icd10Cm,
            "A000    Cholera due to Vibrio cholerae\nI10     Essential hypertension\n",
            &[
                ("A00.0", "Cholera due to Vibrio cholerae"),
                ("I10", "Essential hypertension"),
            ],
        );
        check(
            CodeFile::Loinc,
            "\"LOINC_NUM\",\"COMPONENT\",\"STATUS\",\"LONG_COMMON_NAME\"\n\"1-8\",\"x\",\"ACTIVE\",\"One\"\n\"2-6\",\"x\",\"DEPRECATED\",\"Two\"\n",
            &[("1-8", "One")],
        );
        let name = |code: &str, kind: &str, source: &str, suppressed: &str| {
            format!(
                "{code}|ENG||||||1||{code}||{source}|{kind}|{code}|name {code} {kind}||{suppressed}||\n"
            )
        };
        let text = [
            name("1", "IN", "RXNORM", "N"),
            name("1", "SY", "RXNORM", "N"),
            name("2", "SCD", "RXNORM", "O"),
            name("3", "IN", "MTHSPL", "N"),
            name("4", "SCD", "RXNORM", "N"),
        ];
        check(
            CodeFile::RxNorm,
            &text.concat(),
            &[("1", "name 1 IN"), ("4", "name 4 SCD")],
        );
        let term = |code: &str, active: &str, kind: &str| {
            format!("9\t20260101\t{active}\t9\t{code}\ten\t{kind}\tterm of {code}\t9\n")
        };
        let text = [
            "id\teffectiveTime\tactive\tmoduleId\tconceptId\tlanguageCode\ttypeId\tterm\tcaseSignificanceId\n".to_owned(),
            term("1", "1", FULLY_SPECIFIED),
            term("1", "1", "900000000000013009"),
            term("2", "0", FULLY_SPECIFIED),
        ];
        check(CodeFile::Snomed, &text.concat(), &[("1", "term of 1")]);
    }

    #[test]
    fn emr_1_28_a_bad_file_is_refused_whole_with_the_line_and_the_reason() {
        let check = |file, text: &[u8], line, why| {
            let found = Codes::read(file, text).map(|c| c.len());
            assert_eq!(
                found,
                Err(BadCodes { line, why }),
                "{:?}",
                text.escape_ascii().to_string()
            );
        };
        check(CodeFile::Csv, b"code,name\n1,One\n", 1, BadLine::Heading);
        check(
            CodeFile::Csv,
            b"code,display\n1,One\n2\n",
            3,
            BadLine::Short,
        );
        check(
            CodeFile::Csv,
            b"code,display\n1,One\n2,\n",
            3,
            BadLine::Display,
        );
        check(CodeFile::Csv, b"code,display\n ,One\n", 2, BadLine::Code);
        check(
            CodeFile::Csv,
            b"code,display\n1,One\n1,Two\n",
            3,
            BadLine::Twice,
        );
        check(
            CodeFile::Csv,
            b"code,display\n1,\"One\n2,Two\n",
            2,
            BadLine::Quote,
        );
        check(
            CodeFile::Csv,
            b"code,display\n1,One\n2,\xff\n",
            3,
            BadLine::Text,
        );
        check(CodeFile::Csv, b"code,display\n", 1, BadLine::Nothing);
        check(CodeFile::Csv, b"", 1, BadLine::Heading);
        check(
            CodeFile::Ndjson,
            b"{\"code\":\"1\",\"display\":\"One\"}\n[]\n",
            2,
            BadLine::Json,
        );
        check(
            CodeFile::Ndjson,
            b"{\"code\":1,\"display\":\"One\"}\n",
            1,
            BadLine::Code,
        );
        check(
            CodeFile::Icd10Cm,
            b"I10     Hypertension\nI1      x\n",
            2,
            BadLine::Code,
        );
        check(CodeFile::RxNorm, b"1|ENG|short\n", 1, BadLine::Short);
        check(CodeFile::Snomed, b"1\t2\n", 1, BadLine::Short);
        check(CodeFile::Snomed, b"PK\x03\x04\xff", 1, BadLine::Text);
    }

    #[test]
    fn what_is_read_is_a_code_system_of_fhir() {
        let codes = Codes::read(CodeFile::Csv, b"code,display\n1,One\n").unwrap();
        let mut system = codes.system("urn:example:own", "Our own", "2026");
        system.set("id", "own");
        let value = Value::from(system);
        let issues = crate::validate::resource(&value, &crate::validate::Options::WRITE);
        assert!(issues.is_empty(), "{issues:?}");
        let ready = super::super::System::of(&value).unwrap();
        let one = ready.concept("1").unwrap();
        assert_eq!(one.display.as_deref(), Some("One"));
    }

    proptest! {
        #[test]
        fn no_file_makes_it_fall(text in ".{0,200}", at in 0_usize..6) {
            let file = CodeFile::ALL[at];
            let _ = Codes::read(file, ["code,display\n", &text].concat().as_bytes());
            let _ = Codes::read(file, text.as_bytes());
        }
    }
}
