//! The schema of a type, as OpenAPI 3.1 wants it.

use schemars::JsonSchema;
use schemars::generate::{SchemaGenerator, SchemaSettings};

/// Gives a reference to a type's schema, and keeps the schema among the generator's.
pub type Schema = fn(&mut SchemaGenerator) -> schemars::Schema;

pub fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> schemars::Schema {
    generator.subschema_for::<T>()
}

pub fn generator() -> SchemaGenerator {
    SchemaSettings::draft2020_12().with(|settings| settings.definitions_path = "/components/schemas".into()).into_generator()
}
