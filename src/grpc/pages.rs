//! Files that are served beside the services, on the same port.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use std::borrow::Cow;

/// A file as it is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageFile {
    /// Its media type.
    pub content_type: &'static str,
    /// Further headers.
    pub headers: &'static [(&'static str, &'static str)],
    /// Its bytes.
    pub bytes: Cow<'static, [u8]>,
}

/// Finds the file of a path, as `/assets/style.css`.
pub type Pages = fn(&str) -> Option<PageFile>;

/// Answers what no service answers: files, and "not found" for the rest.
pub(super) fn routes(pages: Pages) -> Router {
    Router::new().fallback(
        move |method: Method, uri: axum::http::Uri, headers: HeaderMap| async move {
            answer(pages, &method, uri.path(), &headers)
        },
    )
}

fn answer(pages: Pages, method: &Method, path: &str, headers: &HeaderMap) -> Response<Body> {
    // A call to a service or method that is not there is told so in gRPC's own way.
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok());
    if content_type.is_some_and(|v| v.starts_with("application/grpc")) {
        return tonic::Status::unimplemented("").into_http();
    }
    let file = match *method {
        Method::GET | Method::HEAD => pages(path),
        _ => return plain(StatusCode::METHOD_NOT_ALLOWED),
    };
    let Some(file) = file else {
        return plain(StatusCode::NOT_FOUND);
    };
    let body = match *method {
        Method::HEAD => Body::empty(),
        _ => Body::from(file.bytes.into_owned()),
    };
    let mut response = Response::new(body);
    let out = response.headers_mut();
    out.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(file.content_type),
    );
    for (name, value) in file.headers {
        out.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    response
}

fn plain(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(path: &str) -> Option<PageFile> {
        (path == "/").then_some(PageFile {
            content_type: "text/html; charset=utf-8",
            headers: &[("cache-control", "no-store")],
            bytes: Cow::Borrowed(b"<p>"),
        })
    }

    #[test]
    fn files_are_given_and_everything_else_is_refused() {
        let none = HeaderMap::new();
        let page = answer(pages, &Method::GET, "/", &none);
        assert_eq!(page.status(), StatusCode::OK);
        assert_eq!(page.headers()["cache-control"], "no-store");
        assert_eq!(
            answer(pages, &Method::GET, "/x", &none).status(),
            StatusCode::NOT_FOUND
        );
        let refused = answer(pages, &Method::POST, "/", &none);
        assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED);
        let mut grpc = HeaderMap::new();
        grpc.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/grpc+proto"),
        );
        let told = answer(pages, &Method::POST, "/none.Service/Call", &grpc);
        assert_eq!(told.headers()["grpc-status"], "12");
    }
}
