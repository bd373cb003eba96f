//! A script that has been read: its functions can be called, and what goes wrong comes back with its place.

use rhai::{AST, CallFnOptions, Dynamic, Engine, Module, Scope};

use crate::Code;
use crate::complaint;
use crate::error::{Error, Place};
use crate::mathematics::RESERVED_FUNCTIONS;
use crate::rewrite::{Dialect, Rewritten};
use crate::source::Source;

/// A script with the engine that runs it.
pub struct Script {
    pub(crate) source: Source,
    pub(crate) ast: AST,
    pub(crate) rewritten: Rewritten,
    pub(crate) dialect: Dialect,
    /// Names that `k` has, for suggestions.
    pub(crate) parameters: Vec<String>,
    engine: Engine,
}

impl Script {
    /// Reads a script, and runs what stands outside functions, so that its constants can be seen inside them.
    ///
    /// # Errors
    /// Syntax; a function that takes the name of a mathematical one; whatever the outside statements raise.
    pub fn compile(engine: Engine, source: &Source, dialect: Dialect) -> Result<Script, Error> {
        let rewritten = Rewritten::new(&engine, &source.text, dialect);
        let ast = engine.compile(&rewritten.text).map_err(|error| complaint::syntax(&error, source, &rewritten))?;
        let source = source.clone();
        let mut script = Script { source, ast, rewritten, dialect, parameters: Vec::new(), engine };
        script.refuse_odd_definitions()?;
        script.run_constants()?;
        Ok(script)
    }

    /// Calls a function of the script.
    ///
    /// # Errors
    /// Whatever the script raises, with its place; limits passed.
    pub fn call(&self, function: &str, arguments: Vec<Dynamic>) -> Result<Dynamic, Error> {
        let options = CallFnOptions::new().eval_ast(false).rewind_scope(true);
        let result =
            self.engine.call_fn_with_options::<Dynamic>(options, &mut Scope::new(), &self.ast, function, arguments);
        result.map(Dynamic::flatten).map_err(|error| complaint::explain(&error, self, function))
    }

    /// Calls a function value (a closure, say) that the script has handed over.
    ///
    /// # Errors
    /// As for [`Script::call`].
    pub fn call_value(&self, function: &rhai::FnPtr, arguments: Vec<Dynamic>) -> Result<Dynamic, Error> {
        let result = function.call::<Dynamic>(&self.engine, &self.ast, arguments);
        result.map(Dynamic::flatten).map_err(|error| complaint::explain(&error, self, function.fn_name()))
    }

    /// Evaluates one expression, outside the script's functions.
    pub(crate) fn expression(&self, text: &str) -> Result<Dynamic, String> {
        let text = Rewritten::new(&self.engine, text, self.dialect).text;
        let value = self.engine.eval_expression::<Dynamic>(&text).map_err(|error| complaint::message(&error, self))?;
        Ok(value.flatten())
    }

    /// The functions the script defines, by name and parameters, in order of name.
    pub fn functions(&self) -> Vec<(String, Vec<String>)> {
        let named = self.ast.iter_functions().filter(|f| !f.name.starts_with("anon$"));
        let owned = |f: rhai::ScriptFnMetadata| (f.name.into(), f.params.iter().map(|p| (*p).into()).collect());
        let mut functions: Vec<(String, Vec<String>)> = named.map(owned).collect();
        functions.sort();
        functions
    }

    /// Whether the script defines a function of this name with so many parameters.
    pub fn defines(&self, name: &str, n_parameters: usize) -> bool {
        self.ast.iter_functions().any(|f| f.name == name && f.params.len() == n_parameters)
    }

    /// Where the script came from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The engine that runs it.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// A fault of the function `name` as a whole, or of the script where there is none.
    pub fn fault(&self, name: &str, message: impl Into<String>, hint: Option<String>) -> Error {
        Error::script(self.place_of(name), message, hint).coded(Code::Function)
    }

    /// Where the function is defined; the start of the script where it is not.
    pub(crate) fn place_of(&self, name: &str) -> Place {
        let (line, column) = self.rewritten.function(name).unwrap_or((1, 1));
        self.source.place(line, column)
    }

    fn refuse_odd_definitions(&self) -> Result<(), Error> {
        if self.dialect == Dialect::Program {
            return Ok(());
        }
        let shadows = |(name, _): &(String, Vec<String>)| RESERVED_FUNCTIONS.contains(&name.as_str());
        if let Some((name, _)) = self.functions().into_iter().find(shadows) {
            let message = format!("the function `{name}` would hide the mathematical one");
            return Err(self.fault(&name, message, Some("give it another name".into())));
        }
        if let Some((line, column)) = self.rewritten.decimal_case() {
            let message = "the cases of a `switch` are whole numbers or texts";
            let place = self.source.place(line, column);
            return Err(Error::script(place, message, Some("use `if` and `else if`".into())).coded(Code::Syntax));
        }
        Ok(())
    }

    /// Functions in Rhai see nothing outside themselves; constants are made visible by way of a module.
    fn run_constants(&mut self) -> Result<(), Error> {
        if self.ast.statements().is_empty() {
            return Ok(());
        }
        let mut scope = Scope::new();
        self.engine.run_ast_with_scope(&mut scope, &self.ast).map_err(|error| complaint::explain(&error, self, ""))?;
        let mut constants = Module::new();
        for (name, is_constant, value) in scope.iter() {
            if is_constant {
                constants.set_var(name, value.flatten());
            }
        }
        self.engine.register_global_module(constants.into());
        Ok(())
    }
}
