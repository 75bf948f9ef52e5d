[
  (body)
  (columns_body)
  (list)
  (arguments)
] @fold
