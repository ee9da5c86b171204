//! Who the person is, told to an app: the ID token (OpenID Connect Core 1.0, section 2), and what comes beside the access
//! token (SMART App Launch 2.2, "Launch context arrives with your access_token").

use aceso_policy::Strength;
use aceso_store::{Account, Family};
use serde_json::{Map, Value, json};

use super::keys::KeyError;
use crate::Login;
use crate::scopes::Special;

/// How long an ID token is good: it is read at once.
const ID_TOKEN_SECONDS: i64 = 600;

/// The claims about a person that these scopes allow.
pub(crate) fn about(base: &str, account: &Account, scopes: &str) -> Map<String, Value> {
    let mut claims = Map::new();
    claims.insert("sub".to_owned(), account.id.as_str().into());
    let user = Special::FhirUser.is_in(scopes) || Special::Profile.is_in(scopes);
    if let Some(fhir) = account.fhir_user.as_ref().filter(|_| user) {
        let url = format!("{base}/fhir/{fhir}");
        claims.insert("fhirUser".to_owned(), url.as_str().into());
        claims.insert("profile".to_owned(), url.into());
    }
    if Special::Profile.is_in(scopes) {
        claims.insert("name".to_owned(), account.display.as_str().into());
        let user_name = account.user_name.as_str();
        claims.insert("preferred_username".to_owned(), user_name.into());
    }
    claims
}

/// An ID token, where the scopes ask for one.
pub(crate) async fn id_token(
    login: &Login,
    family: &Family,
    account: &Account,
    nonce: Option<&str>,
) -> Result<Option<String>, KeyError> {
    if !Special::OpenId.is_in(&family.scopes) {
        return Ok(None);
    }
    let base = &login.0.settings.base;
    let now = login.0.clock.now().seconds();
    let mut claims = about(base, account, &family.scopes);
    claims.insert("iss".to_owned(), base.as_str().into());
    claims.insert("aud".to_owned(), family.client.as_str().into());
    claims.insert("iat".to_owned(), now.into());
    claims.insert("exp".to_owned(), (now + ID_TOKEN_SECONDS).into());
    claims.insert("auth_time".to_owned(), family.auth_time.seconds().into());
    let (methods, class) = proved(family.strength);
    if !methods.is_empty() {
        claims.insert("amr".to_owned(), json!(methods));
    }
    if let Some(class) = class {
        claims.insert("acr".to_owned(), class.into());
    }
    if let Some(nonce) = nonce {
        claims.insert("nonce".to_owned(), nonce.into());
    }
    let key = login.0.keys.current(&login.0.store).await?;
    Ok(Some(key.sign(&Value::Object(claims))?))
}

/// How the person proved who they are: authentication methods (RFC 8176) and class (OpenID Connect Extended Authentication
/// Profile ACR Values 1.0).
const fn proved(strength: Strength) -> (&'static [&'static str], Option<&'static str>) {
    match strength {
        Strength::One => (&[], None),
        Strength::Two => (&["mfa"], None),
        Strength::PhishingResistant => (&["mfa", "pop"], Some("phr")),
    }
}

/// The context of a launch.
pub(crate) fn context(base: &str, family: &Family, account: &Account) -> Map<String, Value> {
    let mut fields = Map::new();
    if let Some(patient) = &family.patient {
        fields.insert("patient".to_owned(), patient.as_str().into());
    }
    if let Some(encounter) = &family.encounter {
        fields.insert("encounter".to_owned(), encounter.as_str().into());
    }
    if Special::FhirUser.is_in(&family.scopes)
        && let Some(fhir) = &account.fhir_user
    {
        fields.insert("fhirUser".to_owned(), format!("{base}/fhir/{fhir}").into());
    }
    // An app opened from within the clinic stands in a window of its own: it must say whose data it shows.
    fields.insert("need_patient_banner".to_owned(), json!(true));
    fields.insert(
        "smart_style_url".to_owned(),
        format!("{base}/oauth/style.json").into(),
    );
    fields
}
