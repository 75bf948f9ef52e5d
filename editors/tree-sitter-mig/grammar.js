/**
 * The grammar of `.mig` files for editors: highlighting, folding, selecting.
 *
 * It takes every text that `mig` takes, and some more. Line ends mean nothing to it: behind a whole value a word can only begin the
 * next statement, an operator can only carry on, and what follows a comma is told by the `=` behind its first word. What a text may
 * mean is the language server's to say.
 */

const LOOSEST_FIRST = [
  'move', 'where', 'else', 'choice', 'or', 'and', 'not', 'compare', 'join', 'add', 'multiply', 'sign', 'apply',
];
const PREC = Object.fromEntries(LOOSEST_FIRST.map((name, place) => [name, place + 1]));

const WORD = /[A-Za-z_][A-Za-z0-9_]*/;
const PART = /[A-Za-z0-9]([-_.]*[A-Za-z0-9])*/;

/** One or more, separated by commas. */
const separated = rule => seq(rule, repeat(seq(',', rule)));

/** Any number, separated by commas, with one behind the last or not. */
const listed = rule => optional(seq(separated(rule), optional(',')));

module.exports = grammar({
  name: 'mig',

  word: $ => $.identifier,

  extras: $ => [/[\s\uFEFF]/, $.comment, $.doc_comment],

  supertypes: $ => [$._item, $._statement, $._expression],

  inline: $ => [$._name],

  // Behind the comma of several values stands another value, or in a body of one line the next statement.
  conflicts: $ => [[$.attribute], [$.then]],

  rules: {
    file: $ => repeat($._item),

    // A doc comment has three slashes, and no fourth.
    doc_comment: _ => /\/\/\/([^/\n][^\n]*)?/,
    comment: _ => token(choice(/\/\/([^/\n][^\n]*)?/, /\/\/\/\/[^\n]*/)),

    // --- Items ---

    _item: $ => choice(
      $.migration, $.store, $.dataset, $.datasets, $.consumer, $.consumers, $.validation, $.approval, $.metric,
      $.rollback, $.wave,
    ),

    migration: $ => seq('migration', field('name', $._name), field('body', $.body)),
    store: $ => seq('store', field('name', $._name), ':', field('kind', $.path), field('body', $.body)),
    dataset: $ => seq('dataset', field('name', $._name), ':', $._move, field('body', $.body)),
    datasets: $ => seq('datasets', field('name', $._name), ':', $._move, field('body', $.body)),
    consumer: $ => seq('consumer', field('name', $._name), ':', field('entity', $._expression), field('body', $.body)),
    consumers: $ => seq('consumers', field('name', $._name), ':', field('selection', $._expression), field('body', $.body)),
    validation: $ => seq('validation', field('name', $._name), 'on', separated(field('of', $.path)), field('body', $.body)),
    approval: $ => seq('approval', field('name', $._name), field('body', $.body)),
    metric: $ => seq('metric', field('name', $._name), ':', field('unit', $.path), field('body', $.body)),
    rollback: $ => seq('rollback', field('name', $._name), field('body', $.body)),
    wave: $ => seq(
      'wave', field('name', $._name), optional(seq('after', separated(field('after', $._name)))), field('body', $.body),
    ),

    _move: $ => seq(field('old', $.place), '->', field('new', $.place)),
    place: $ => seq($._name, repeat(seq('.', $._name)), optional(seq('.', '*'))),

    // --- Statements ---

    body: $ => seq('{', repeat(choice($._statement, ',')), '}'),

    _statement: $ => choice(
      $.attribute, $.columns, $.drop, $.row_count, $.checksum, $.freshness, $.require, $.when, $.then, $.irreversible,
      $.allow,
    ),

    attribute: $ => seq(field('name', choice($._name, $._statement_word)), '=', separated(field('value', $._expression))),

    // Words that open a statement, where an `=` says that they are names.
    _statement_word: $ => alias(
      choice('columns', 'drop', 'freshness', 'require', 'when', 'irreversible', 'allow', 'row_count', 'checksum'),
      $.identifier,
    ),

    columns: $ => seq('columns', field('body', $.columns_body)),
    columns_body: $ => seq('{', repeat(choice($.column, ',')), '}'),
    column: $ => seq(
      field('name', $._name),
      optional(seq(':', field('type', $.type))),
      optional(seq('=', field('value', $._expression))),
    ),

    drop: $ => seq(
      'drop', field('column', $._name), 'because', field('reason', $.text), optional(seq('see', field('more', $.text))),
    ),
    irreversible: $ => seq('irreversible', 'because', field('reason', $.text)),
    allow: $ => seq('allow', field('code', $.code), 'because', field('reason', $.text)),
    code: _ => /[A-Za-z_][A-Za-z0-9_-]*/,
    row_count: _ => 'row_count',
    checksum: _ => seq('checksum', optional('reread')),
    freshness: $ => seq('freshness', 'within', field('span', $._expression), 'of', field('column', $._name)),
    require: $ => seq('require', field('condition', $._expression)),
    when: $ => seq(
      'when', field('condition', $._expression),
      optional(seq('for', field('hold', $._operand), optional(seq('and', field('minimum', $._expression))))),
    ),
    then: $ => seq('then', separated($.reaction)),
    reaction: $ => seq(field('verb', $.identifier), field('object', $.identifier)),

    // --- Types ---

    type: $ => prec.right(seq(
      field('name', $._name),
      optional(seq('(', listed(choice($.number, $.text, $.type)), ')')),
      optional('?'),
    )),

    // --- Expressions ---

    _expression: $ => choice($._operand, $.unary, $.binary, $.conditional),

    _operand: $ => choice(
      $.path, $.number, $.quantity, $.text, $.entity, $.boolean, $.null, $.list, $.parenthesized, $.call, $.index,
    ),

    unary: $ => choice(
      prec(PREC.sign, seq(field('operator', '-'), field('operand', $._expression))),
      prec(PREC.not, seq(field('operator', 'not'), field('operand', $._expression))),
    ),

    binary: $ => {
      const left = (level, ...operators) => operators.map(operator => prec.left(level, seq(
        field('left', $._expression), field('operator', operator), field('right', $._expression),
      )));
      return choice(
        ...left(PREC.move, '->'),
        ...left(PREC.where, 'where'),
        prec.right(PREC.else, seq(field('left', $._expression), field('operator', 'else'), field('right', $._expression))),
        ...left(PREC.or, 'or'),
        ...left(PREC.and, 'and'),
        ...left(PREC.compare, '==', '!=', '<', '<=', '>', '>=', 'in', seq('not', 'in')),
        ...left(PREC.join, '++'),
        ...left(PREC.add, '+', '-'),
        ...left(PREC.multiply, '*', '/', '%'),
      );
    },

    conditional: $ => prec.right(PREC.choice, seq(
      'if', field('condition', $._expression),
      'then', field('consequence', $._expression),
      'else', field('alternative', $._expression),
    )),

    call: $ => prec(PREC.apply, seq(field('function', $._operand), field('arguments', $.arguments))),
    index: $ => prec(PREC.apply, seq(field('value', $._operand), '[', field('key', $._expression), ']')),
    arguments: $ => seq('(', listed(choice($.argument, $.pair, $._expression)), ')'),
    argument: $ => prec(PREC.apply, seq(field('name', $._name), ':', field('value', choice($.pair, $._expression)))),
    // A value and what it becomes.
    pair: $ => seq(field('from', $._expression), ':', field('to', $._expression)),
    parenthesized: $ => seq('(', $._expression, ')'),
    list: $ => seq('[', listed($._expression), ']'),

    path: $ => prec.right(seq($._name, repeat(seq('.', $._name)))),

    // --- Names and literals ---

    _name: $ => choice($.identifier, $.quoted_identifier),
    identifier: _ => WORD,
    quoted_identifier: _ => /`[^`\n]+`/,

    boolean: _ => choice('true', 'false'),
    null: _ => 'null',

    number: _ => /[0-9][0-9_]*(\.[0-9][0-9_]*)?/,
    // A number with its dimension: `5m`, `1%`, `50_000 rows`, `50 MiB/s`.
    quantity: _ => token(seq(
      /[0-9][0-9_]*(\.[0-9][0-9_]*)?/,
      choice('%', /[ \t]*(rows|([kMGT]|[KMGT]i)?B)(\/s)?/, WORD),
    )),

    text: $ => seq('"', repeat(choice($.text_content, $.escape)), token.immediate('"')),
    text_content: _ => token.immediate(prec(1, /[^"\\\n]+/)),
    escape: _ => token.immediate(/\\(u\{[0-9A-Fa-f]+\}|[^\n])/),

    entity: $ => seq('@', field('kind', $.entity_kind), token.immediate(':'), field('name', $.entity_name)),
    entity_kind: _ => token.immediate(PART),
    entity_name: _ => token.immediate(seq(PART, optional(seq('/', PART)))),
  },
});
