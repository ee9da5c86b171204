//! From what a handler gives to what the browser gets: the frame, the headers, the cookies.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderName, HeaderValue, StatusCode, header};

use super::reply::{Forget, Kind};
use super::{Cookie, FormProblem, FormRefused, Local, Missing, PageFault, Refused, Reply};
use crate::Visit;
use crate::page::{Badge, Csrf, Frame, Group, Look, Page, Palette, Text, View};

/// What goes around an answer.
pub(super) struct Around {
    pub(super) clinic: String,
    pub(super) ribbon: Option<Text>,
    pub(super) badge: Option<Badge>,
    pub(super) account: Option<String>,
    pub(super) groups: Vec<Group>,
    pub(super) csrf: Csrf,
    pub(super) at: Local,
    pub(super) look: Look,
    pub(super) palette: Option<Palette>,
    pub(super) problem: Option<&'static str>,
    pub(super) visit: Visit,
    pub(super) visitor: Option<Cookie>,
}

/// What scripts may not ask the browser for; passkeys they may.
const PERMISSIONS: &str = "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), fullscreen=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), magnetometer=(), microphone=(), midi=(), payment=(), screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=(), publickey-credentials-get=(self), publickey-credentials-create=(self)";

/// Headers that every answer of a page has.
const ALWAYS: [(HeaderName, HeaderValue); 3] = [
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(PERMISSIONS),
    ),
    // Within the site the browser tells where a form came from; outside nothing.
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("same-origin"),
    ),
];

/// Base64url without padding, as our cookies and tokens are written.
pub(super) fn base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The policy of a page: its one script by nonce, its style and drawings from here, forms to here, nothing else.
pub(crate) fn policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
}

/// An answer that a handler gave.
pub(super) fn reply(around: Around, reply: Reply) -> Response {
    let Reply {
        kind,
        mut cookies,
        forget,
        retry,
        leave,
    } = reply;
    cookies.extend(around.visitor.clone());
    let mut response = match kind {
        Kind::Page(page, status) => framed(&around, &page, status),
        Kind::To(place) => {
            let mut response = StatusCode::SEE_OTHER.into_response();
            if let Ok(value) = HeaderValue::try_from(place.as_str()) {
                response.headers_mut().insert(header::LOCATION, value);
            }
            response
        }
        // The dispatcher has gone on already.
        Kind::Continue(_) => framed(&around, &Missing.page(&around.csrf), StatusCode::NOT_FOUND),
        Kind::Other(response) => *response,
    };
    set(&mut response, &cookies);
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, value);
    }
    if forget == Forget::Everything {
        headers.insert(
            HeaderName::from_static("clear-site-data"),
            HeaderValue::from_static("\"cache\", \"storage\""),
        );
    }
    let leave =
        leave.map(|(seconds, address)| HeaderValue::try_from(format!("{seconds}; url={address}")));
    if let Some(Ok(value)) = leave {
        headers.insert(header::REFRESH, value);
    }
    if let Some(seconds) = retry {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// An answer in place of what a handler did not give.
pub(super) fn fault(mut around: Around, fault: PageFault) -> Response {
    // What is not there and what may not be seen answer alike: no patient is named.
    around.palette = around.palette.map(|_| Palette { patient: None });
    let csrf = around.csrf.clone();
    let (page, status, seconds) = match fault {
        // The dispatcher turns what can be mended by signing in into the way there; what is left has no such way.
        PageFault::Missing
        | PageFault::SignIn
        | PageFault::StepUp
        | PageFault::Locked
        | PageFault::Enrol => (Missing.page(&csrf), StatusCode::NOT_FOUND, None),
        PageFault::Form(problem) => {
            let status = match problem {
                FormProblem::Token | FormProblem::Foreign => StatusCode::FORBIDDEN,
                FormProblem::TooLong | FormProblem::FileTooLong => StatusCode::PAYLOAD_TOO_LARGE,
                FormProblem::OtherPatient => StatusCode::CONFLICT,
                FormProblem::Unreadable | FormProblem::Unknown | FormProblem::Twice => {
                    StatusCode::BAD_REQUEST
                }
            };
            (FormRefused(problem).page(&csrf), status, None)
        }
        PageFault::Refused(why) => (
            Refused::Against(why).page(&csrf),
            StatusCode::CONFLICT,
            None,
        ),
        PageFault::Busy(seconds) => (
            Refused::Busy(seconds).page(&csrf),
            StatusCode::SERVICE_UNAVAILABLE,
            Some(seconds),
        ),
        PageFault::Instead(to) => return reply(around, Reply::to(to)),
        PageFault::Hidden(error) => {
            let reference = around.visit.hide(&*error);
            (
                Refused::Failed(reference).page(&csrf),
                StatusCode::INTERNAL_SERVER_ERROR,
                None,
            )
        }
    };
    let mut answer = Reply::to_path("/");
    answer.kind = Kind::Page(Box::new(page), status);
    answer.retry = seconds;
    reply(around, answer)
}

/// Sets cookies on an answer.
pub(super) fn set(response: &mut Response, cookies: &[Cookie]) {
    for value in cookies.iter().filter_map(Cookie::header) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

fn framed(around: &Around, page: &Page, status: StatusCode) -> Response {
    let Ok(random) = aceso_vault::random::<16>() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let nonce = base64(&random);
    let frame = Frame {
        clinic: around.clinic.clone(),
        ribbon: around.ribbon.clone(),
        badge: around.badge.clone(),
        account: around.account.clone(),
        groups: around.groups.clone(),
        csrf: around.csrf.clone(),
        at: around.at.as_str().to_owned(),
        look: around.look,
        palette: around.palette.clone(),
        problem: around.problem,
        nonce: nonce.clone(),
    };
    let mut response = Response::new(Body::from(frame.around(page).into_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    if let Ok(value) = HeaderValue::try_from(policy(&nonce)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, value);
    }
    response
}
