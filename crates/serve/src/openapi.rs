//! The description of the API: OpenAPI 3.1, made of the table of routes and of the types themselves.

use crate::problem::Problem;
use crate::routes::{Parameter, Place, Route};
use crate::schema;
use schemars::generate::SchemaGenerator;
use serde_json::{Map, Value, json};

pub fn document(routes: &[Route]) -> Value {
    let mut generator = schema::generator();
    let problem = schema::of::<Problem>(&mut generator);
    let mut paths = Map::new();
    for route in routes {
        let described = operation(route, &mut generator, problem.as_value());
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(route.method.as_str().to_owned(), described);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Gait, the local API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "For programs of this machine: they give requests, a local model drafts, people decide, and what was approved comes \
                back. Times are milliseconds since 1970 (UTC). Every problem has the same shape.",
        },
        "components": {
            "schemas": generator.take_definitions(true),
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer", "description": "Made by `gait token create`, or in Settings." } },
        },
        "security": [{ "token": [] }],
        "paths": paths,
    })
}

fn operation(route: &Route, generator: &mut SchemaGenerator, problem: &Value) -> Value {
    let scopes: Vec<&str> = route.scopes.iter().map(|scope| scope.as_str()).collect();
    let parameters: Vec<Value> = route.parameters.iter().map(parameter).collect();
    let mut answers = Map::new();
    for (status, about, schema) in route.answers {
        let content = schema.map(|schema| json!({ "application/json": { "schema": schema(generator) } }));
        let mut answer = json!({ "description": about });
        if let (Some(content), Some(answer)) = (content, answer.as_object_mut()) {
            answer.insert("content".into(), content);
        }
        answers.insert(status.to_string(), answer);
    }
    answers
        .insert("default".into(), json!({ "description": "A problem.", "content": { "application/problem+json": { "schema": problem } } }));
    let mut described = json!({
        "summary": route.title,
        "description": format!("{}\n\nScope: {}.", route.about, scopes.join(" or ")),
        "parameters": parameters,
        "responses": answers,
    });
    if let (Some(body), Some(described)) = (route.body, described.as_object_mut()) {
        let body = json!({ "required": true, "content": { "application/json": { "schema": body(generator) } } });
        described.insert("requestBody".into(), body);
    }
    described
}

fn parameter(parameter: &Parameter) -> Value {
    let place = match parameter.place {
        Place::Path => "path",
        Place::Query => "query",
        Place::Header => "header",
    };
    json!({ "in": place, "name": parameter.name, "description": parameter.about, "required": parameter.place == Place::Path,
        "schema": { "type": "string" } })
}
