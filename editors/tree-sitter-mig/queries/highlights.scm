; Which node is shown in which colour. No two patterns take the same node, so that it does not matter whether an editor prefers the
; first or the last.

(comment) @comment
(doc_comment) @comment.documentation

; Items and statements

[
  "migration" "store" "dataset" "datasets" "consumer" "consumers" "validation" "approval" "metric"
  "rollback" "wave"
  "on" "after"
] @keyword

(body
  [
    (columns "columns" @keyword)
    (drop ["drop" "because" "see"] @keyword)
    (irreversible ["irreversible" "because"] @keyword)
    (allow ["allow" "because"] @keyword)
    (freshness ["freshness" "within" "of"] @keyword)
    (require "require" @keyword)
    (when ["when" "for" "and"] @keyword)
    (then "then" @keyword)
    (row_count) @keyword
    (checksum ["checksum" "reread"] @keyword)
  ])

(migration name: (_) @type.definition)
(store name: (_) @type.definition)
(dataset name: (_) @type.definition)
(datasets name: (_) @type.definition)
(consumer name: (_) @type.definition)
(consumers name: (_) @type.definition)
(validation name: (_) @type.definition)
(approval name: (_) @type.definition)
(metric name: (_) @type.definition)
(rollback name: (_) @type.definition)
(wave name: (_) @type.definition)

(store kind: (path) @type.builtin)
(metric unit: (path) @type.builtin)
(attribute name: (_) @property)
(column name: (_) @variable.member)
(drop column: (_) @variable.member)
(freshness column: (_) @variable.member)
(allow code: (_) @constant)
(reaction verb: (_) @function.builtin)
(reaction object: (_) @constant.builtin)

; Types

(type name: (_) @type.builtin)
(type "?" @operator)

; Expressions

(conditional ["if" "then" "else"] @keyword.conditional)
(binary operator: ["or" "and" "in" "not" "where" "else"] @keyword.operator)
(unary operator: "not" @keyword.operator)
(binary operator: ["==" "!=" "<" "<=" ">" ">=" "++" "+" "-" "*" "/" "%" "->"] @operator)
(unary operator: "-" @operator)
(dataset "->" @operator)
(datasets "->" @operator)

(call function: (path) @function.call)
(argument name: (_) @variable.parameter)

; Literals

(text ["\"" (text_content)] @string)
(escape) @string.escape
[(number) (quantity)] @number
(boolean) @boolean
(null) @constant.builtin
(entity) @string.special.symbol

; Marks

["{" "}" "(" ")" "[" "]"] @punctuation.bracket
["," "." ":"] @punctuation.delimiter
"=" @operator
