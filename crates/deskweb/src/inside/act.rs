//! `POST /cases/{case}/{part}/act`: what somebody does in a case. The form names the act; its fields become an event, and
//! the case's guards decide.

use std::collections::BTreeSet;

use aceso_desk::When;
use aceso_desk::case::{
    Assessment, Conflict, ContentHash, PartyId, Role, Terms, TestResult, Verdict, What,
};
use aceso_desk::cvss::{Vector, VectorError};
use aceso_desk::port::{Errand, System};
use aceso_desk::report::{alike, inert};
use aceso_desk::ssvc::Tree;
use aceso_store::{DeskError, Thread};
use aceso_web::page::Errors;
use aceso_web::site::{Ask, Fields, Outcome, PageFault, Reply, Take};

use super::case::reports::slug;
use super::case::{CasePage, Part, look};
use super::words::of_key;
use crate::DeskWeb;
use crate::fault::{fault, rule};
use crate::told::{self, refused};

/// What a form asks for.
enum Wanted {
    /// An event.
    Event(What),
    /// One that makes something public, or takes it back.
    Public(What),
    /// A message.
    Letter(Thread, String),
    /// Duplicates of this report.
    Search(String),
    /// A notice to implementers with a tag, until a time.
    Wave(String, When),
    /// A request to a service elsewhere.
    Errand(Errand),
    /// What the case is known by elsewhere.
    Kept(System, String),
}

pub(crate) async fn act(web: DeskWeb, ask: Ask) -> Outcome {
    let part = Part::of_name(ask.param("part")).ok_or(PageFault::Missing)?;
    let fields = ask.fields_and(&[Take::One("act"), Take::One("seen")], &|_| true)?;
    let mut page = look(&web, &ask, part).await?;
    let mut errors = Errors::none();
    let wanted = read(&fields, &page, &mut errors);
    page.typed = fields;
    let Some(wanted) = wanted.filter(|_| errors.is_empty()) else {
        page.errors = errors;
        return Ok(Reply::wrong(&ask, &page));
    };
    let seen = page.typed.one("seen").parse().unwrap_or(0);
    match carry_out(&web, &ask, &page, seen, wanted).await {
        // Who declares a conflict sees the case no more.
        Ok(()) if page.typed.one("choice") == "declare" => Ok(Reply::to_path(super::cases::HERE)),
        Ok(()) => Ok(Reply::to_path(&format!(
            "{}/{}/{}",
            super::cases::HERE,
            ask.param("case"),
            part.name()
        ))),
        Err(DeskError::Guard(why)) => {
            page.refused = refused(&why, &|id| page.name(id));
            Ok(Reply::wrong(&ask, &page))
        }
        Err(error @ (DeskError::Stale | DeskError::Rule(_))) => {
            page.refused = vec![rule(&error)];
            Ok(Reply::wrong(&ask, &page))
        }
        Err(other) => Err(fault(other)),
    }
}

async fn carry_out(
    web: &DeskWeb,
    ask: &Ask,
    page: &CasePage,
    seen: u64,
    wanted: Wanted,
) -> Result<(), DeskError> {
    let Ok(caller) = ask.caller() else {
        return Err(DeskError::Forbidden);
    };
    let (desk, id) = (web.desk(), ask.param("case"));
    match wanted {
        Wanted::Event(what) => desk.act(caller, id, seen, what).await,
        Wanted::Public(what) => desk.publish(caller, id, seen, what).await,
        Wanted::Letter(thread, text) => desk.write_letter(caller, id, thread, text).await,
        Wanted::Wave(tag, until) => desk.start_wave(caller, id, seen, (&tag, until)).await,
        Wanted::Errand(errand) => desk.ask_errand(caller, id, seen, errand).await,
        Wanted::Kept(system, text) => desk.keep_id(caller, id, seen, (system, text)).await,
        Wanted::Search(report) => {
            let ours = page.file.reports.iter().find(|r| r.id == report);
            let ours = ours.ok_or(DeskError::Unknown)?;
            let others = desk.comparable(caller, id, &report).await?;
            let texts: Vec<_> = others.iter().map(|r| r.report.clone()).collect();
            let mut found: Vec<String> = Vec::new();
            for (at, _) in alike(&ours.report, &texts) {
                let case = others.get(at).map(|r| r.case.clone());
                found.extend(case.filter(|case| !found.contains(case)));
            }
            let what = What::DuplicatesSearched { report, found };
            desk.act(caller, id, seen, what).await
        }
    }
}

/// A form's fields with the errors that reading them finds.
struct In<'a> {
    fields: &'a Fields,
    errors: &'a mut Errors,
}

impl In<'_> {
    fn text(&self, name: &str) -> String {
        inert(self.fields.trimmed(name)).trim().to_owned()
    }

    fn must(&mut self, name: &str, what: &'static str) -> String {
        let text = self.text(name);
        if text.is_empty() {
            self.errors.add(name, what);
        }
        text
    }

    /// A time of a field, which is in UTC.
    fn moment(&mut self, name: &str) -> Option<When> {
        let text = self.fields.trimmed(name);
        let read = format!("{text}:00Z").parse().ok();
        if read.is_none() {
            self.errors.add(name, "Choose a day and a time, in UTC");
        }
        read
    }

    fn word<T: serde::de::DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let found = of_key(self.fields.trimmed(name));
        if found.is_none() {
            self.errors.add(name, "Choose one");
        }
        found
    }

    fn several<T: serde::de::DeserializeOwned + Ord>(&mut self, name: &str) -> BTreeSet<T> {
        let found: BTreeSet<T> = self.fields.many(name).filter_map(of_key).collect();
        if found.is_empty() {
            self.errors.add(name, "Choose at least one");
        }
        found
    }

    fn hash(&mut self, name: &str) -> Option<ContentHash> {
        let found = ContentHash::try_from(self.fields.trimmed(name).to_lowercase());
        if let Err(error) = &found {
            self.errors.add(name, told::hash(error));
        }
        found.ok()
    }
}

fn read(fields: &Fields, page: &CasePage, errors: &mut Errors) -> Option<Wanted> {
    let mut form = In { fields, errors };
    let act = fields.one("act");
    if let Some(wanted) = people(&mut form, act)
        .or_else(|| judging(&mut form, act))
        .or_else(|| work(&mut form, act, page))
        .or_else(|| time(&mut form, act))
    {
        return Some(Wanted::Event(wanted));
    }
    match act {
        "search" => Some(Wanted::Search(form.text("search_report"))),
        "write" => {
            let text = form.must("letter", "Write something first");
            let thread = match form.text("to").as_str() {
                "team" => Thread::Team,
                report => Thread::Reporter(report.to_owned()),
            };
            Some(Wanted::Letter(thread, text))
        }
        "wave" => {
            let tag = form.must("wave_tag", "Say by which tag they are chosen");
            Some(Wanted::Wave(tag, form.moment("wave_until")?))
        }
        "ask" => Some(Wanted::Errand(form.word("errand")?)),
        "keep-id" => {
            let system: System = form.word("system")?;
            let id = form.must("kept_id", "Write the id in");
            if !system.takes(&id) {
                form.errors.add("kept_id", "An id there is of another form: CVE-2026-12345, GHSA-xxxx-xxxx-xxxx, https://...");
            }
            Some(Wanted::Kept(system, id))
        }
        "publish" => form
            .hash("hash")
            .map(|hash| Wanted::Public(What::Published { hash })),
        "withdraw" => {
            let why = form.must("withdraw_why", "Say why: everybody reads it");
            Some(Wanted::Public(What::Withdrawn { why }))
        }
        "emergency" => {
            let to_follow = page
                .file
                .case
                .draft
                .as_ref()
                .map(|d| d.draft.errors.clone());
            Some(Wanted::Public(What::EmergencyPublished {
                hash: form.hash("hash")?,
                second: PartyId(form.text("second_person")),
                why: form.must("emergency_why", "Say why now"),
                to_follow: to_follow.unwrap_or_default(),
            }))
        }
        _ => None,
    }
}

fn people(form: &mut In<'_>, act: &str) -> Option<What> {
    Some(match act {
        "join" => What::Joined {
            party: PartyId(form.text("joins")),
            roles: form.several::<Role>("roles"),
        },
        "need" => What::NeedSet {
            party: PartyId(form.text("party")),
            need: form.word("need")?,
        },
        "conflict" => {
            let conflict = match form.text("choice").as_str() {
                "declare" => Conflict::Declared(form.must("conflict", "Say what it is")),
                _ => Conflict::None,
            };
            What::ConflictSaid { conflict }
        }
        "plan" => What::Planned {
            text: form.must("plan", "Write the plan first"),
        },
        "plan-approve" => What::PlanApproved,
        "embargo-propose" => What::EmbargoProposed {
            terms: Terms {
                end: form.moment("embargo_end")?,
                text: form.text("embargo_text"),
            },
        },
        "embargo-accept" => What::EmbargoAccepted,
        "embargo-activate" => What::EmbargoActivated,
        "embargo-other" => {
            let why = form.must("embargo_why", "Say why");
            match form.text("choice").as_str() {
                "decline" => What::EmbargoDeclined { why },
                "refuse" => What::EmbargoRefused { why },
                _ => What::EmbargoExited { why },
            }
        }
        _ => return None,
    })
}

fn judging(form: &mut In<'_>, act: &str) -> Option<What> {
    Some(match act {
        "judge" => {
            let why = form.must("judge_why", "A verdict has a reason: write it");
            let verdict = match form.text("verdict").as_str() {
                "valid" => Verdict::Valid,
                "invalid" => Verdict::Invalid,
                "duplicate" => Verdict::Duplicate(form.must("duplicate_of", "Say of which case")),
                _ => {
                    form.errors.add("verdict", "Choose one");
                    return None;
                }
            };
            What::Judged {
                report: form.text("judge_report"),
                verdict,
                why,
            }
        }
        "second" => What::Seconded {
            report: form.text("second_report"),
        },
        "assess" => What::Assessed {
            assessment: assessment(form)?,
        },
        _ => return None,
    })
}

fn assessment(form: &mut In<'_>) -> Option<Assessment> {
    let mut vectors: Vec<Vector> = Vec::new();
    for line in form
        .text("vectors")
        .lines()
        .filter(|l| !l.trim().is_empty())
    {
        let read: Result<Vector, VectorError> = line.trim().parse();
        match read {
            Ok(vector) => vectors.push(vector),
            Err(error) => form.errors.add("vectors", told::vector(&error)),
        }
    }
    let points = Tree::Supplier.points();
    let said: Vec<(String, String)> = points
        .iter()
        .map(|p| {
            (
                p.name.clone(),
                form.text(&format!("ssvc_{}", slug(&p.name))),
            )
        })
        .collect();
    let asked: Vec<(&str, &str)> = said.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let ssvc = match Tree::Supplier.decide(&asked) {
        Ok(outcome) => vec![outcome],
        Err(error) => {
            form.errors.add("scope", told::ssvc(&error));
            Vec::new()
        }
    };
    let (scope, severity) = (form.word("scope"), form.word("severity"));
    let characteristics = form.several("characteristics");
    let why = form.must("assess_why", "Say why");
    let patient_safety = form.must("safety", "Say it also where there is no danger");
    let patient_data = form.must("data", "Say it also where there is no danger");
    Some(Assessment {
        scope: scope?,
        characteristics,
        severity: severity?,
        why,
        vectors,
        ssvc,
        patient_safety,
        patient_data,
    })
}

fn work(form: &mut In<'_>, act: &str, page: &CasePage) -> Option<What> {
    let patch = page.file.case.fix.as_ref().map(|f| f.patch);
    Some(match act {
        "fix" => What::FixSubmitted {
            patch: form.hash("patch")?,
            ci: form.must("ci", "Say where its tests ran"),
        },
        "fix-review" => What::FixReviewed { patch: patch? },
        "fix-test" => What::FixTested {
            patch: patch?,
            before: form.word::<TestResult>("before")?,
            after: form.word::<TestResult>("after")?,
        },
        "branch" => What::BranchSaid {
            branch: form.must("branch", "Name the branch"),
            state: form.word("branch_state")?,
        },
        "step" => What::StepDone {
            step: form.word("step")?,
            evidence: form.must("evidence", "Say the evidence"),
        },
        "bit" => What::BitSet {
            bit: form.word("bit")?,
        },
        "coverage" => {
            let Ok(percent) = form.text("percent").parse() else {
                form.errors.add("percent", "Write a whole number up to 100");
                return None;
            };
            let laggards = form.text("laggards");
            let laggards = laggards.lines().map(str::trim).filter(|l| !l.is_empty());
            What::CoverageSaid {
                percent,
                laggards: laggards.map(str::to_owned).collect(),
            }
        }
        "move" => What::Moved {
            to: form.word("to")?,
        },
        "approve" => What::Approved {
            hash: form.hash("hash")?,
        },
        _ => return None,
    })
}

fn time(form: &mut In<'_>, act: &str) -> Option<What> {
    Some(match act {
        "notice" => match form.text("choice").as_str() {
            "waive" => What::NoticeWaived {
                why: form.must("notice_why", "Say why they need not be waited for"),
            },
            _ => What::NoticeStarted {
                until: form.moment("notice_until")?,
                days: None,
            },
        },
        "schedule" => What::Scheduled {
            at: form.moment("publish_at")?,
        },
        "clock" => {
            let clock = form.text("clock").parse().ok()?;
            match form.text("choice").as_str() {
                "pause" => What::ClockPaused {
                    clock,
                    until: form.moment("clock_until")?,
                    why: form.must("clock_why", "Say why"),
                },
                "resume" => What::ClockResumed { clock },
                _ => What::ClockMet {
                    clock,
                    evidence: form.must("clock_why", "Say the evidence"),
                },
            }
        }
        _ => return None,
    })
}
