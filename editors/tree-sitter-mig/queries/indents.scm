[
  (body)
  (columns_body)
  (list)
  (arguments)
  (parenthesized)
] @indent.begin

["}" "]" ")"] @indent.branch @indent.end
