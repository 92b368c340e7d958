//! From the text of a page or a watch line to rows, one bad object at a time.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::release::observation::{Change, Failure, FailureKind};
use crate::release::text::visible_up_to;
use crate::sources::api::{self, Error, Status};
use crate::sources::wire::{Lenient, Meta, Text, Wire};

/// One page of a list, read and converted.
pub struct Page<T> {
    pub objects: Vec<T>,
    pub next: String,
    pub version: String,
}

#[derive(Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
struct List<T> {
    #[serde(default)]
    metadata: Lenient<ListMeta>,
    #[serde(default)]
    items: Option<Vec<T>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ListMeta {
    resource_version: Text,
    r#continue: Text,
}

impl<T> List<T> {
    fn page<U>(self, convert: impl FnMut(T) -> Option<U>) -> Page<U> {
        let ListMeta { resource_version, r#continue } = self.metadata.0;
        Page {
            objects: self.items.unwrap_or_default().into_iter().filter_map(convert).collect(),
            next: r#continue.0.unwrap_or_default(),
            version: resource_version.0.unwrap_or_default(),
        }
    }
}

/// Reads a page. One malformed object costs its own row only: then the page is read again object by object.
pub fn read_page<W: Wire>(body: &[u8], context: &Arc<str>) -> Result<Page<W::Domain>, String> {
    if let Ok(list) = serde_json::from_slice::<List<W>>(body) {
        return Ok(list.page(|item| Some(item.convert(context))));
    }
    let text = String::from_utf8_lossy(body);
    let list: List<&RawValue> = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    Ok(list.page(|item| read_object::<W>(item.get(), context)))
}

/// Reads one object; one that cannot be read becomes a row that says so.
pub fn read_object<W: Wire>(json: &str, context: &Arc<str>) -> Option<W::Domain> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    match serde_path_to_error::deserialize::<_, W>(&mut deserializer) {
        Ok(object) => Some(object.convert(context)),
        Err(error) => {
            let fault = visible_up_to(&format!("{}: {}", error.path(), error.inner()), 200);
            W::broken(meta_of(json), fault, context)
        }
    }
}

/// As much of `metadata` as there is.
fn meta_of(json: &str) -> Meta {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Tag {
        name: Text,
        namespace: Text,
        uid: Text,
        resource_version: Text,
    }
    #[derive(Deserialize)]
    struct Only {
        metadata: Tag,
    }
    let Ok(Only { metadata: Tag { name, namespace, uid, resource_version } }) = serde_json::from_str(json) else {
        return Meta::default();
    };
    Meta { name, namespace, uid, resource_version, ..Meta::default() }
}

/// What a watch line says: a change, or None for a bookmark.
pub fn read_line<W: Wire>(
    line: &[u8],
    context: &Arc<str>,
    version: &mut String,
) -> Result<Option<Change<W::Domain>>, Error> {
    #[derive(Deserialize)]
    struct Line<'a> {
        r#type: std::borrow::Cow<'a, str>,
        #[serde(borrow)]
        object: &'a RawValue,
    }
    let line = String::from_utf8_lossy(line);
    let line: Line<'_> = serde_json::from_str(&line).map_err(|error| unusable(&error.to_string()))?;
    let json = line.object.get();
    if line.r#type == "ERROR" {
        let status: Status = serde_json::from_str(json).unwrap_or_default();
        let code = match (status.code, &*status.reason) {
            (0, "Expired" | "Gone") => 410,
            (code, _) => code,
        };
        return Err(api::failure_of(code, &visible_up_to(&status.message, 300), None));
    }
    let meta = meta_of(json);
    if let Some(newer) = meta.resource_version.0 {
        *version = newer;
    }
    Ok(match &*line.r#type {
        "ADDED" | "MODIFIED" => read_object::<W>(json, context).map(Change::Applied),
        "DELETED" => Some(Change::Deleted(meta.uid.uid())),
        _ => None,
    })
}

/// The failure for an answer that is no JSON of the API.
pub fn unusable(message: &str) -> Error {
    Error::Failed(Failure {
        kind: FailureKind::Failed,
        message: format!("the API server's answer cannot be read: {message}"),
        retry_in: None,
    })
}
