//! `/admin/erasure/{erasure}`: one decision, carried out by somebody else or withdrawn.

use aceso_base::Instant;
use aceso_store::{Erasure, ErasureState};
use aceso_web::page::{Banner, Button, Crumb, Csrf, Errors, Facts, Field, Form, Page, Tone, View};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use super::{HERE, by, path, state};
use crate::Staff;
use crate::fault::{fault, weigh};
use crate::state::fresh;
use crate::words::{rule, when};

/// A decision.
pub(crate) struct OneErasure {
    one: Erasure,
    /// Whose the page is, as the log names them.
    reader: String,
    typed: String,
    errors: Errors,
}

async fn page(staff: &Staff, ask: &Ask) -> Result<OneErasure, PageFault> {
    fresh(staff, ask)?;
    let caller = ask.caller()?;
    let all = staff.store().erasures(caller).await.map_err(fault)?;
    let one = all.into_iter().find(|e| e.id == ask.param("erasure"));
    Ok(OneErasure {
        one: one.ok_or(PageFault::Missing)?,
        reader: caller.name(),
        typed: String::new(),
        errors: Errors::none(),
    })
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    Ok(Reply::page(&ask, &page(&staff, &ask).await?))
}

/// `POST /admin/erasure/{erasure}`: carries it out. Whoever does types the record's id once more.
pub(crate) async fn carry_out(staff: Staff, ask: Ask) -> Outcome {
    let mut page = page(&staff, &ask).await?;
    let fields = ask.fields(&[Take::One("patient")])?;
    page.typed = fields.trimmed("patient").to_owned();
    if page.typed != page.one.patient {
        page.errors
            .add("patient", "Type the id of the record that is to be erased");
        return Ok(Reply::wrong(&ask, &page));
    }
    let done = staff.store().carry_out_erasure(ask.caller()?, &page.one.id);
    match weigh(done.await)? {
        Ok(done) => Ok(Reply::to(Local::with(&path(&done.id), &[]))),
        Err(why) => {
            page.errors.add("patient", rule(&why));
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

/// `POST /admin/erasure/{erasure}/withdraw`
pub(crate) async fn withdraw(staff: Staff, ask: Ask) -> Outcome {
    ask.fields(&[])?;
    let page = page(&staff, &ask).await?;
    let id = &page.one.id;
    let store = staff.store();
    store
        .withdraw_erasure(ask.caller()?, id)
        .await
        .map_err(fault)?;
    Ok(Reply::to(Local::with(&path(id), &[])))
}

impl OneErasure {
    fn acts(&self, csrf: &Csrf) -> Markup {
        let here = path(&self.one.id);
        let fields = html! {
            (self.errors)
            (Field::text("patient", "Type the record's id").value(&self.typed).errors(&self.errors))
            (Button::danger("Erase now, for good"))
        };
        let withdraw = [here.as_str(), "/withdraw"].concat();
        html! {
            @if self.reader == self.one.decided_by {
                (Banner::new(Tone::Info, "Somebody else carries it out").text("You decided on it."))
            } @else {
                h2 { "Carry it out" }
                p { "Everything about this patient goes, with all earlier versions, and so does the key of it: nobody can bring it back, not even from a backup. What is about other patients too stays, and is named here." }
                (Form::post(csrf, here, fields))
            }
            h2 { "Withdraw it" }
            (Form::post(csrf, withdraw, html! { (Button::secondary("Withdraw the decision")) }))
        }
    }
}

impl View for OneErasure {
    fn page(&self, csrf: &Csrf) -> Page {
        let one = &self.one;
        let mut facts = Facts::new()
            .show("Patient's record", html! { span.mono { (one.patient) } })
            .show(
                "Decided",
                html! { (when(one.decided)) " by " (by(&one.decided_by)) },
            )
            .show("Decision", html! { (one.decision) });
        if let (Some(at), Some(who)) = (one.ended, &one.ended_by) {
            let what = match one.state {
                ErasureState::Done => "Carried out",
                ErasureState::Withdrawn | ErasureState::Decided => "Withdrawn",
            };
            facts = facts.show(what, html! { (when(at)) " by " (by(who)) });
        }
        let body = html! {
            (facts)
            @match one.state {
                ErasureState::Decided => (self.acts(csrf)),
                ErasureState::Withdrawn => {},
                ErasureState::Done => {
                    p { (one.resources) " resources and " (one.versions) " older versions are gone." }
                    @if !one.left_over.is_empty() {
                        h2 { "Also about others, and still there" }
                        p { "Somebody should look at what they say of this patient." }
                        ul { @for name in &one.left_over { li.mono { (name) } } }
                    }
                    (Banner::new(Tone::Info, "Keep no old copy of the file with the patients' keys")
                        .text("Whoever kept that file of before together with a copy of the data could still read them."))
                },
            }
        };
        Page::new("A decision to erase", body)
            .here(HERE)
            .crumbs(vec![crate::admin::crumb(), Crumb::new("Erasure", HERE)])
            .acts(html! { (state(one.state)) })
    }

    fn samples() -> Vec<Self> {
        let of = |one: Erasure, reader: &str, errors| Self {
            one,
            reader: reader.to_owned(),
            typed: String::new(),
            errors,
        };
        let decided = || sample(ErasureState::Decided);
        vec![
            of(decided(), "person/olga", Errors::none()),
            of(
                decided(),
                "person/ben",
                Errors::one("patient", "Type the id of the record that is to be erased"),
            ),
            of(sample(ErasureState::Done), "person/ben", Errors::none()),
            of(
                sample(ErasureState::Withdrawn),
                "person/ben",
                Errors::none(),
            ),
        ]
    }
}

/// One for samples.
pub(super) fn sample(state: ErasureState) -> Erasure {
    let decided = Instant::from_millis(1_795_314_068_000);
    let ended = match state {
        ErasureState::Decided => None,
        ErasureState::Done | ErasureState::Withdrawn => Some(decided.plus_millis(86_400_000)),
    };
    Erasure {
        id: "e1".to_owned(),
        patient: "p1".to_owned(),
        decision: "Letter of 3 May, GDPR Article 17(1)(b)".to_owned(),
        decided,
        decided_by: "person/olga".to_owned(),
        state,
        ended,
        ended_by: ended.map(|_| "person/ben".to_owned()),
        resources: 120,
        versions: 44,
        left_over: vec!["Group/g1".to_owned()],
    }
}
