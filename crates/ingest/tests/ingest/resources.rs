//! The resources that minutes become: sessions, and points within them.

use std::io::Read;
use std::sync::Arc;

use api::registan::projects::v1 as wire;
use chassis::Failure;
use chassis::caller::RequestContext;
use chassis::clock::SystemClock;
use chronicle::schema::Schema;
use chronicle::{At, Call, Chronicle, Error, Field, Resource, Shown, database};
use facts::Check;
use formats::Reader;
use ingest::{Importer, Notes, Target, Words};
use policy::{Caller, Desks, Grant, Role, Rule, Tier};
use sea_orm_migration::SchemaManager;
use serde::{Deserialize, Serialize};
use standard::{Reference, Served};

use crate::minutes::{Meeting, Minutes, Topic};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Session {
    pub name: String,
    pub identifier: String,
    pub title: String,
    /// A note that people add; minutes have none.
    pub note: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Point {
    pub name: String,
    pub session: String,
    pub text: String,
}

impl Resource for Session {
    const KIND: &'static str = "session";
    const PATTERN: &'static str = "sessions/{session}";

    fn name(&self) -> &str {
        &self.name
    }

    fn tier(&self) -> Tier {
        Tier::Public
    }

    fn fields() -> Vec<Field<Self>> {
        vec![Field::text("identifier", |session| session.identifier.clone())]
    }
}

impl Resource for Point {
    const KIND: &'static str = "point";
    const PATTERN: &'static str = "sessions/{session}/points/{point}";
    const PARENT: Option<(&'static str, &'static str)> = Some(("session", "session"));

    fn name(&self) -> &str {
        &self.name
    }

    fn tier(&self) -> Tier {
        Tier::Public
    }

    fn fields() -> Vec<Field<Self>> {
        vec![Field::text("session", |point| point.session.clone())]
    }
}

/// On the wire an import is not: any message of the contract will do.
macro_rules! served {
    ($resource:ident as $message:ident) => {
        impl Served for $resource {
            type Message = wire::$message;
            type Held = Self;
            type Sent = Self::Message;
            const ORDER: &'static str = "name";

            fn read(_: &mut Check, name: String, _: Self::Message) -> Self {
                Self { name, ..Self::default() }
            }

            fn send(shown: Shown<Self>) -> Result<Self::Message, String> {
                Ok(Self::write(shown))
            }

            fn write(_: Shown<Self>) -> Self::Message {
                Self::Message::default()
            }

            fn references(&self) -> Vec<Reference> {
                Vec::new()
            }
        }
    };
}

served!(Session as Project);
served!(Point as Transaction);

const WORDS: Words = Words {
    record: "meeting",
    child: "topic",
    record_too_large: "meeting-too-large",
    child_too_large: "topic-too-large",
    parent_deleted: "session-deleted",
};

/// Sessions with their points.
pub struct Whole;

impl Importer for Whole {
    type Record = Meeting;
    type Parent = Session;
    type Child = Point;
    const METHOD: &'static str = "ImportMinutes";
    const IDENTIFIER: &'static str = "identifier";
    const MARK: &'static str = "minutes-";
    const WORDS: Words = WORDS;

    fn open(&self, file: impl Read) -> impl Reader<Record = Meeting> {
        Minutes::open(file)
    }

    fn parent(&self, meeting: &Meeting, notes: &mut Notes) -> Session {
        Session {
            name: session(&meeting.identifier),
            identifier: meeting.identifier.clone(),
            title: notes.text("the title", &meeting.title, 40),
            note: String::new(),
        }
    }

    fn child(&self, topic: &Topic, notes: &mut Notes) -> Option<Point> {
        if topic.text.is_empty() {
            notes.error("topic-empty", "the topic says nothing; it was not taken".to_owned());
            return None;
        }
        Some(Point { text: topic.text.clone(), ..Point::default() })
    }

    fn attach(child: &mut Point, name: String, parent: &Session) {
        child.name = name;
        child.session.clone_from(&parent.name);
    }

    fn identifier(parent: &Session) -> &str {
        &parent.identifier
    }

    fn merge(recorded: &Session, file: &Session) -> Option<Session> {
        let merged = Session { note: recorded.note.clone(), ..file.clone() };
        (merged != *recorded).then_some(merged)
    }

    fn merge_child(recorded: &Point, file: &Point) -> Option<Point> {
        (recorded != file).then(|| file.clone())
    }

    /// Lets another writer be first, once, where a session becomes `contested`.
    async fn link(record: &Chronicle, targets: &mut [Target<'_, Self>]) -> Result<(), Failure> {
        for target in targets {
            if let Some(recorded) = target.recorded
                && target.value().title == "contested"
                && recorded.value.note.is_empty()
            {
                let value = Session { note: "faster".to_owned(), ..recorded.value.clone() };
                record.update(&Call::default(), recorded, value).await.unwrap();
            }
        }
        Ok(())
    }
}

/// Returns the name of the session of a meeting.
pub fn session(identifier: &str) -> String {
    format!("sessions/{}", ingest::id(identifier))
}

/// An empty record in the database at `url`.
pub async fn record(url: &str) -> Chronicle {
    let db = database::open(url).await.unwrap();
    let schema = Schema::service().with::<Session>().with::<Point>();
    schema.apply(&SchemaManager::new(&db)).await.unwrap();
    Chronicle::open(db, Arc::new(SystemClock)).await.unwrap()
}

/// Returns the current version of a name, for the system.
pub async fn find<T: Resource>(record: &Chronicle, name: &str) -> Result<Shown<T>, Error> {
    Ok(record.get::<T>(name, At::Now, &chronicle::Reader::system()).await?.0)
}

/// The request context of an editor.
pub fn editor() -> Arc<RequestContext> {
    let grant = Grant {
        role: Role::Editor,
        desks: Desks::ALL,
        tier: Tier::Public,
        resource: None,
        expires: None,
    };
    let caller = Caller { subject: "somebody".to_owned(), grants: vec![grant], strong: true };
    let rule = Rule { roles: vec![Role::Editor], ..Rule::default() };
    let clearance = caller.clearance(0);
    Arc::new(RequestContext { caller, rule: Arc::new(rule), clearance, token: None })
}
