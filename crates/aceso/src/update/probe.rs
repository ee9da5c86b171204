//! `aceso update probe`: run by the release in use, of the next one, on a copy of the record. Opening migrates the copy; then
//! pages answer, somebody signs in, charts are drawn, and the audit log is verified.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use aceso_login::fresh;
use aceso_policy::{BuiltIn, Caller};
use aceso_store::{Enrol, LinkKind, NewAccount, NewLink, Store, UserName};
use aceso_web::Floor;
use anyhow::{Context, Result, bail};
use axum::body::Body;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;

use crate::backup::charts;
use crate::place::Place;
use crate::say::say;
use crate::serve::{self, Guard, Kind};

/// What the copy is called towards itself.
const BASE: &str = "http://localhost:8080";
const HOST: &str = "localhost:8080";
/// Somebody who is in the copy alone.
const NOBODY: &str = "update-probe";

/// Tries everything once.
pub(super) async fn run(place: &Place) -> Result<ExitCode> {
    let store = place.open()?;
    let checked = store.clone();
    let audit = tokio::task::spawn_blocking(move || checked.verify_audit(&[])).await??;
    if let Some(wrong) = audit.findings.first() {
        bail!("the audit log: {}: {}", wrong.place, wrong.what);
    }
    let drawn = charts(&store).await?;
    if let Some(error) = drawn.iter().find_map(|one| one.as_ref().err()) {
        bail!("{error}");
    }
    let ready = Arc::new(AtomicBool::new(true));
    let floor = serve::floor(place, Kind::Demo, &store, BASE, ready, Guard::default())?;
    let mut visit = Visit {
        floor,
        cookies: Vec::new(),
    };
    for open in [
        "/health/live",
        "/health/ready",
        "/fhir/metadata",
        "/sign-in",
    ] {
        visit.get(open).await?;
    }
    sign_in(&store, &mut visit).await?;
    say(&format!(
        "{} audit entries verified, {} charts drawn, signed in",
        audit.audit_entries,
        drawn.len()
    ));
    Ok(ExitCode::SUCCESS)
}

/// By a link of the kind that the demonstration has: through the same sessions, cookies and forms as everybody.
async fn sign_in(store: &Store, visit: &mut Visit) -> Result<()> {
    let console = Caller::operator();
    let account = NewAccount {
        user_name: UserName::parse(NOBODY)?,
        display: "Update probe".to_owned(),
        email: None,
        fhir_user: None,
        roles: vec![BuiltIn::Administrator.role()],
        facilities: Vec::new(),
        patients: Vec::new(),
        not_after: None,
        enrol: Enrol::No,
    };
    let account = store.add_account(&console, account).await?;
    store.activate_account(&console, &account).await?;
    let link = fresh()?;
    let new = NewLink {
        hash: link.hash,
        kind: LinkKind::Demo,
        account,
        ends: store.now().plus_millis(600_000),
    };
    store.make_link(&console, new).await?;
    let path = format!("/demo/sign-in/{}", link.token);
    let page = visit.get(&path).await?;
    let token = page
        .split_once("name=\"csrf\" value=\"")
        .map(|(_, rest)| rest);
    let token = token.and_then(|rest| rest.split('"').next());
    let token = token.context("the sign-in page has no form")?;
    visit.post(&path, &format!("csrf={token}")).await?;
    let home = visit.get("/").await?;
    if !home.contains("/sign-out") {
        bail!("the first page does not know who is signed in");
    }
    Ok(())
}

/// A browser, as far as this needs one.
struct Visit {
    floor: Floor,
    cookies: Vec<String>,
}

impl Visit {
    async fn get(&mut self, path: &str) -> Result<String> {
        let (status, body) = self.ask(Request::get(path), String::new()).await?;
        if status != StatusCode::OK {
            bail!("{path} answers {status}");
        }
        Ok(body)
    }

    async fn post(&mut self, path: &str, form: &str) -> Result<()> {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ORIGIN, BASE);
        let (status, _) = self.ask(request, form.to_owned()).await?;
        if !status.is_redirection() {
            bail!("the form of {path} answers {status}");
        }
        Ok(())
    }

    async fn ask(
        &mut self,
        request: http::request::Builder,
        body: String,
    ) -> Result<(StatusCode, String)> {
        let request = request
            .header(header::HOST, HOST)
            .header("sec-fetch-site", "same-origin")
            .header(header::COOKIE, self.cookies.join("; "));
        let answer = self.floor.answer(request.body(Body::from(body))?).await;
        let (parts, body) = answer.into_parts();
        for set in parts.headers.get_all(header::SET_COOKIE) {
            let pair = set.to_str()?.split(';').next().unwrap_or_default();
            let (name, _) = pair.split_once('=').unwrap_or((pair, ""));
            self.cookies
                .retain(|kept| !kept.starts_with(&format!("{name}=")));
            self.cookies.push(pair.to_owned());
        }
        let bytes = body.collect().await?.to_bytes();
        Ok((parts.status, String::from_utf8_lossy(&bytes).into_owned()))
    }
}
