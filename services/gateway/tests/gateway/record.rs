//! A gateway before the three real services, each with an empty record, and what a watcher of it
//! keeps.

use std::collections::BTreeMap;
use std::time::Duration;

use api::registan::agreements::v1::framework_service_client::FrameworkServiceClient;
use api::registan::agreements::v1::party_service_client::PartyServiceClient;
use api::registan::agreements::v1::{
    CreateFrameworkRequest, CreatePartyRequest, Framework, ListFrameworksRequest, Party, framework,
    party,
};
use api::registan::options::v1::Tier;
use api::registan::partnership::v1::partnership_service_client::PartnershipServiceClient;
use api::registan::partnership::v1::watch_response::Resource;
use api::registan::partnership::v1::{WatchRequest, WatchResponse};
use api::registan::projects::v1::project_service_client::ProjectServiceClient;
use api::registan::projects::v1::{
    CreateProjectRequest, ListProjectsRequest, Project, Recipient, project,
};
use api::registan::rights::v1::activity_service_client::ActivityServiceClient;
use api::registan::rights::v1::{Activity, CreateActivityRequest, ListActivitiesRequest, activity};
use api::registan::r#type::v1::{ChangeKind, Date, PartialDate, SourceRef};
use chassis::client::Connection;
use chassis::{Service, Settings};
use standard::startup::migrate;
use tempfile::TempDir;
use tokio::sync::OnceCell;
use tokio::time::timeout;
use tonic::service::Routes;
use tonic::{Code, Status, Streaming};

use crate::support::{Running, data_dir, serve_draining, serve_on, settings, token, url};

/// The suite; its servers and data go with it.
pub struct Record {
    pub gateway: Running,
    /// None while it is stopped.
    pub projects: Option<Running>,
    _agreements: Running,
    _rights: Running,
    settings: Settings,
    _folder: TempDir,
}

impl Record {
    /// Knows Kazakhstan and Turkmenistan, and nothing about them.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        // One key for all of them; `token` has made it.
        token();
        let key = "development-issuer.key";
        std::fs::copy(data_dir().join(key), folder.path().join(key)).expect("there is a key");
        for file in migrated().await.path().read_dir().expect("it is there").flatten() {
            let copy = folder.path().join(file.file_name());
            std::fs::copy(file.path(), copy).expect("a file can be copied");
        }
        let mut settings =
            Settings { data_dir: folder.path().to_owned(), ..settings("127.0.0.1:0") };
        let agreements = serve(agreements::service(settings.clone()).await).await;
        settings.agreements_url = Some(url(agreements.listens));
        let projects = serve(projects::service(settings.clone()).await).await;
        settings.projects_url = Some(url(projects.listens));
        let rights = serve(rights_reporting::service(settings.clone()).await).await;
        settings.rights_reporting_url = Some(url(rights.listens));
        let service = gateway::service(settings.clone()).await.expect("the settings are whole");
        let gateway = serve_draining("127.0.0.1:0", service, 10).await;
        let record = Self {
            gateway,
            projects: Some(projects),
            _agreements: agreements,
            _rights: rights,
            settings,
            _folder: folder,
        };
        for id in ["kz", "tm"] {
            let party = Party {
                kind: party::Kind::State.into(),
                display_name: format!("Party {id}"),
                country_code: id.to_uppercase(),
                source: Some(citation()),
                ..Party::default()
            };
            record.create_party(id, party).await;
        }
        record
    }

    /// Records a party.
    pub async fn create_party(&self, id: &str, party: Party) {
        let request = CreatePartyRequest {
            party: Some(party),
            party_id: id.to_owned(),
            ..CreatePartyRequest::default()
        };
        let mut parties = PartyServiceClient::new(self.channel());
        parties.create_party(request).await.expect("the party is created");
    }

    /// Stops the project service, at once.
    pub async fn stop_projects(&mut self) {
        self.projects.take().expect("it runs").stop().await;
    }

    /// Starts it again, where it was.
    pub async fn start_projects(&mut self) {
        let url = self.settings.projects_url.as_deref().expect("it has an address");
        let address = url.rsplit('/').next().expect("an address is at its end");
        let service = projects::service(self.settings.clone()).await.expect("the record opens");
        self.projects = Some(serve_on(address, service).await);
    }

    /// A gateway before the same services, but for projects, which answers pings and no call.
    pub async fn with_silent_projects(&self) -> [Running; 2] {
        let mut silent = Service::new("projects", serving::contract());
        let names = api::descriptors().services().map(|it| it.full_name().to_owned());
        silent.passed_on = names.collect();
        let router = axum::Router::new().fallback(std::future::pending::<()>);
        silent.routes = Routes::from(router);
        let projects = serve_on("127.0.0.1:0", silent).await;
        let settings =
            Settings { projects_url: Some(url(projects.listens)), ..self.settings.clone() };
        let service = gateway::service(settings).await.expect("the settings are whole");
        [serve_on("127.0.0.1:0", service).await, projects]
    }

    /// As somebody who may write everything.
    pub fn channel(&self) -> Connection {
        self.channel_with(&token())
    }

    /// As the holder of a token.
    pub fn channel_with(&self, token: &str) -> Connection {
        let connection = Connection::to(&format!("http://{}", self.gateway.address));
        let connection = connection.expect("an address is a url").with_token(token);
        connection.expect("a token is a header")
    }

    pub async fn watch(&self, request: WatchRequest) -> Result<Streaming<WatchResponse>, Status> {
        let mut client = PartnershipServiceClient::new(self.channel());
        client.watch(request).await.map(tonic::Response::into_inner)
    }

    /// Lists the current resources of all services.
    pub async fn listed(&self) -> Fold {
        let mut fold = Fold::default();
        let request = ListFrameworksRequest { page_size: 1000, ..Default::default() };
        let page = FrameworkServiceClient::new(self.channel()).list_frameworks(request).await;
        for item in page.expect("it is listed").into_inner().frameworks {
            fold.0.insert(item.name, item.etag);
        }
        let request = ListProjectsRequest { page_size: 1000, ..Default::default() };
        let page = ProjectServiceClient::new(self.channel()).list_projects(request).await;
        for item in page.expect("it is listed").into_inner().projects {
            fold.0.insert(item.name, item.etag);
        }
        let request = ListActivitiesRequest { page_size: 1000, ..Default::default() };
        let page = ActivityServiceClient::new(self.channel()).list_activities(request).await;
        for item in page.expect("it is listed").into_inner().activities {
            fold.0.insert(item.name, item.etag);
        }
        fold
    }
}

async fn serve(service: anyhow::Result<Service>) -> Running {
    let address = testkit::free_address().to_string();
    serve_on(&address, service.expect("the record opens")).await
}

/// Names and etags: what a watcher knows after what it was sent.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Fold(pub BTreeMap<String, String>);

impl Fold {
    /// Takes an event over; a repeated or a missed one does not fit.
    pub fn take(&mut self, event: &WatchResponse) {
        let Some(resource) = &event.resource else { return };
        let (name, etag) = match resource {
            Resource::Framework(it) => (&it.name, &it.etag),
            Resource::Project(it) => (&it.name, &it.etag),
            Resource::Activity(it) => (&it.name, &it.etag),
            other => panic!("nobody made {other:?}"),
        };
        let before = match event.kind() {
            ChangeKind::Removed => {
                assert!(self.0.remove(name).is_some(), "{name} is removed and was not there");
                return;
            }
            _ => self.0.insert(name.clone(), etag.clone()),
        };
        match event.kind() {
            ChangeKind::Changed => {
                let before = before.unwrap_or_else(|| panic!("{name} is changed and was missed"));
                assert_ne!(&before, etag, "{name} is told again");
            }
            kind => assert!(before.is_none(), "{name} is told again as {kind:?}"),
        }
    }
}

/// The next message, which must come soon.
pub async fn next(stream: &mut Streaming<WatchResponse>) -> Result<Option<WatchResponse>, Status> {
    timeout(Duration::from_secs(20), stream.message()).await.expect("it says something in time")
}

/// The next event that is not a heartbeat.
pub async fn next_event(stream: &mut Streaming<WatchResponse>) -> WatchResponse {
    loop {
        let event = next(stream).await.expect("it goes on").expect("it does not end");
        if event.kind() != ChangeKind::Heartbeat {
            return event;
        }
    }
}

pub fn framework(place: usize, party: &str) -> CreateFrameworkRequest {
    let framework = Framework {
        kind: framework::Kind::Strategy.into(),
        title: format!("Framework {place}"),
        parties: vec![format!("parties/{party}")],
        source: Some(citation()),
        ..Framework::default()
    };
    CreateFrameworkRequest {
        framework: Some(framework),
        framework_id: format!("f{place}"),
        ..CreateFrameworkRequest::default()
    }
}

pub fn project(place: usize, party: &str) -> CreateProjectRequest {
    let recipient = Recipient {
        country_code: party.to_uppercase(),
        percentage: "100".to_owned(),
        ..Recipient::default()
    };
    let project = Project {
        kind: project::Kind::Project.into(),
        title: format!("Project {place}"),
        recipients: vec![recipient],
        source: Some(citation()),
        ..Project::default()
    };
    CreateProjectRequest {
        project: Some(project),
        project_id: format!("p{place}"),
        ..CreateProjectRequest::default()
    }
}

pub fn activity(place: usize, party: &str) -> CreateActivityRequest {
    let date =
        PartialDate { date: Some(Date { year: 2024, month: 6, day: 0 }), ..PartialDate::default() };
    let activity = Activity {
        tier: Tier::Public.into(),
        kind: activity::Kind::PrisonVisit.into(),
        party: format!("parties/{party}"),
        delegation: format!("Delegation {place}"),
        date: Some(date),
        outcome: activity::Outcome::Refused.into(),
        summary: "No answer but a refusal.".to_owned(),
        source: Some(citation()),
        ..Activity::default()
    };
    CreateActivityRequest { activity: Some(activity), ..CreateActivityRequest::default() }
}

pub fn citation() -> SourceRef {
    SourceRef { citation: "made for a test".to_owned(), ..SourceRef::default() }
}

/// Tries until the service is back: a write that was cut off may have been done.
pub async fn surely<T>(write: impl AsyncFn() -> Result<T, Status>) {
    for _ in 0..200 {
        match write().await {
            Ok(_) => return,
            Err(status) if matches!(status.code(), Code::AlreadyExists | Code::NotFound) => return,
            Err(status) if status.code() == Code::InvalidArgument => panic!("{status}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    panic!("it is never written");
}

/// A folder with the files of the three services, which have their schema and nothing else.
async fn migrated() -> &'static TempDir {
    static MIGRATED: OnceCell<TempDir> = OnceCell::const_new();
    let made = MIGRATED.get_or_init(|| async {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let settings = Settings { data_dir: folder.path().to_owned(), ..settings("127.0.0.1:0") };
        let (law, schema) = (agreements::store::Migrator, agreements::store::schema());
        migrate(agreements::NAME, &settings, &law, &schema).await.expect("it is migrated");
        let (money, schema) = (projects::store::Migrator, projects::store::schema());
        migrate(projects::NAME, &settings, &money, &schema).await.expect("it is migrated");
        let (rights, schema) =
            (rights_reporting::store::Migrator, rights_reporting::store::schema());
        migrate(rights_reporting::NAME, &settings, &rights, &schema).await.expect("it is migrated");
        folder
    });
    made.await
}
