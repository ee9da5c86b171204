//! Clients for whom the program acts later: subscribers, exports. What is done for them is what they may do then.

use std::sync::Arc;

use aceso_policy::{ApiClient, Caller, Origin, Scopes, Who};

use crate::{Store, StoreError};

/// A client for whom the program acts later, with what its token allowed when it asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The client's id.
    pub client: String,
    /// The scopes of the token.
    pub scopes: String,
    /// The patient in context.
    pub patient: Option<String>,
}

impl Owner {
    /// The client that calls on its own authority; none for people, apps that act for people, and the program itself.
    pub fn of(caller: &Caller) -> Option<Self> {
        match &caller.who {
            Who::Client(client) if client.person.is_none() => Some(Self {
                client: client.id.clone(),
                scopes: client.scopes.to_string(),
                patient: client.patient.clone(),
            }),
            Who::Client(_) | Who::Person(_) | Who::Operator | Who::Job(_) => None,
        }
    }

    /// It as a caller, with the scopes of its token.
    pub(crate) fn caller(&self, request: &str) -> Result<Caller, StoreError> {
        let scopes = Scopes::parse(&self.scopes);
        let client = ApiClient {
            id: self.client.clone(),
            scopes: scopes.map_err(|error| StoreError(error.to_string()))?,
            patient: self.patient.clone(),
            person: None,
        };
        let origin = Origin {
            address: None,
            request: request.to_owned(),
        };
        Ok(Caller::client(Arc::new(client), origin))
    }
}

impl Store {
    /// As whom to act for an owner now: each of these must be allowed. One has the scopes of the token, another, where
    /// they differ, those that the client is registered with now. None when the client is gone or disabled.
    pub async fn on_behalf(
        &self,
        owner: &Owner,
        request: &str,
    ) -> Result<Option<Vec<Caller>>, StoreError> {
        let registered = self.registered(&owner.client).await?;
        let Some(registered) = registered.filter(|client| client.disabled.is_none()) else {
            return Ok(None);
        };
        let mut callers = vec![owner.caller(request)?];
        if registered.scopes != owner.scopes {
            let now = Owner {
                scopes: registered.scopes,
                ..owner.clone()
            };
            callers.push(now.caller(request)?);
        }
        Ok(Some(callers))
    }
}
