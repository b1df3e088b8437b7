//! The images of the Deployments: what they are, set to others, and put back.

use anyhow::Context;

use super::kube::Kube;

/// The image of each Deployment, in the order in which a new version reaches them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images(Vec<(String, String)>);

impl Images {
    /// Reads the images that Deployments have.
    pub fn read(kube: &Kube, services: &[&str]) -> anyhow::Result<Self> {
        let images = services.iter().map(|&service| Ok((service.to_owned(), of(kube, service)?)));
        images.collect::<anyhow::Result<_>>().map(Self)
    }

    /// The same repositories with another tag.
    pub fn tagged(&self, tag: &str) -> anyhow::Result<Self> {
        let images = self.0.iter().map(|(service, image)| {
            let named = image.rsplit_once(':').filter(|(_, own)| !own.contains('/'));
            let (repository, _) = named.with_context(|| format!("{image} has no tag"))?;
            Ok((service.clone(), format!("{repository}:{tag}")))
        });
        images.collect::<anyhow::Result<_>>().map(Self)
    }

    /// Sets them all, and waits for nothing.
    pub fn set(&self, kube: &Kube) -> anyhow::Result<()> {
        self.0.iter().try_for_each(|(service, image)| set(kube, service, image))
    }

    /// Sets one after the other, and waits each time until it has rolled.
    pub async fn roll(&self, kube: &Kube) -> anyhow::Result<()> {
        for (service, image) in &self.0 {
            roll(kube, service, image).await?;
        }
        Ok(())
    }

    /// Sets those that a Deployment does not have, and waits until it has rolled. Returns of which
    /// that failed, and why.
    pub async fn put_back(&self, kube: &Kube) -> Vec<String> {
        let mut broken = Vec::new();
        for (service, image) in &self.0 {
            let put = match of(kube, service) {
                Ok(current) if current == *image => continue,
                Ok(_) => roll(kube, service, image).await,
                Err(error) => Err(error),
            };
            let error = put.err().map(|error| format!("{service} is not at {image}: {error:#}"));
            broken.extend(error);
        }
        broken
    }
}

fn of(kube: &Kube, service: &str) -> anyhow::Result<String> {
    let path = "jsonpath={.spec.template.spec.containers[0].image}";
    kube.run(&["get", &format!("deployment/{service}"), "--output", path])
}

fn set(kube: &Kube, service: &str, image: &str) -> anyhow::Result<()> {
    let image = format!("service={image}");
    kube.run(&["set", "image", &format!("deployment/{service}"), &image]).map(drop)
}

async fn roll(kube: &Kube, service: &str, image: &str) -> anyhow::Result<()> {
    set(kube, service, image)?;
    kube.rolled(&format!("deployment/{service}")).await
}
