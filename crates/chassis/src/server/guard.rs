//! Authentication and authorization, before anything of the request is read.

use std::sync::Arc;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use policy::{Caller, Clearance, Denied, Rule};

use facts::vocabulary::Vocabulary;

use super::methods::{Method, Methods};
use crate::auth::Authenticator;
use crate::caller::RequestContext;
use crate::clock::Clock;
use crate::failure::{Code, ErrorReason, Failure};

/// Holds every call against the rule of its method. Cheap to clone.
#[derive(Clone)]
pub(super) struct Guard {
    pub methods: Arc<Methods>,
    pub authenticator: Arc<Authenticator>,
    pub clock: Arc<dyn Clock>,
}

impl Guard {
    /// Admits the caller of `path` with these headers. Everything that has no rule is refused; then
    /// a bad token, then nobody where somebody is needed, then a wrong role.
    pub async fn admit(
        &self,
        path: &str,
        headers: &HeaderMap,
    ) -> Result<Arc<RequestContext>, Failure> {
        let Some(method) = self.methods.find(path) else { return Err(self.unknown(path)) };
        if method.is_open {
            return Ok(anybody(method));
        }
        let caller = self.authenticator.caller(headers).await?;
        let now = self.clock.now();
        if let Err(denied) = caller.call(method.rule.as_deref(), now) {
            return Err(self.denied(denied, path, method));
        }
        let rule = method.rule.clone().unwrap_or_default();
        let clearance = caller.clearance(now);
        let token = (!caller.is_anonymous()).then(|| headers.get(AUTHORIZATION).cloned()).flatten();
        let token = token.map(|mut token| {
            token.set_sensitive(true);
            token
        });
        Ok(Arc::new(RequestContext { caller, rule, clearance, token }))
    }

    fn unknown(&self, path: &str) -> Failure {
        if self.methods.knows_service_of(path) {
            Failure::unknown_method(path)
        } else {
            Failure::unknown_service(path)
        }
    }

    fn denied(&self, denied: Denied, path: &str, method: &Method) -> Failure {
        let rule = method.rule.as_deref();
        let action = rule.map(|rule| rule.action.clone()).unwrap_or_default();
        let roles = rule.map(roles).unwrap_or_default();
        match denied {
            Denied::NoRule => {
                let message = format!("{path} has no rule in the contract, so nobody may call it");
                Failure::new(Code::PermissionDenied, ErrorReason::NoRule, message)
                    .with("method", path)
            }
            Denied::Anonymous => {
                let advice = self.authenticator.advice(rule.map_or(&[], |rule| &rule.roles));
                let message =
                    format!("{path} needs an access token with one of the roles {roles}; {advice}");
                Failure::new(Code::Unauthenticated, ErrorReason::TokenMissing, message)
                    .with("action", action)
                    .with("roles", roles)
            }
            Denied::Role => {
                let message = format!("{path} needs one of the roles {roles}");
                Failure::new(Code::PermissionDenied, ErrorReason::RoleMissing, message)
                    .with("action", action)
                    .with("roles", roles)
            }
        }
    }
}

fn anybody(method: &Method) -> Arc<RequestContext> {
    Arc::new(RequestContext {
        caller: Caller::anonymous(),
        rule: method.rule.clone().unwrap_or_default(),
        clearance: Clearance::public(),
        token: None,
    })
}

fn roles(rule: &Rule) -> String {
    rule.roles.iter().map(|role| role.word()).collect::<Vec<_>>().join(", ")
}
