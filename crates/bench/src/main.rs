mod made;
mod random;
fn main() -> anyhow::Result<()> {
    let a: Vec<String> = std::env::args().skip(1).collect();
    for name in &a[1..] {
        println!("{}", made::Recipe::named(name)?.make(std::path::Path::new(&a[0]))?.display());
    }
    Ok(())
}
