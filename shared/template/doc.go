// Package template makes many prompts out of one: a request whose prompts are templates becomes one request for each of
// their texts, multiplied by a matrix of models, styles, ratios and seeds, and by runs. It counts by arithmetic before it
// makes anything, so that a slip of 10^12 texts is refused at once. It reads no file, neither of rows nor of lists, and
// judges no request: what a model takes is the core's to say.
//
//	{red|green|blue}           one of the alternatives; they may hold templates, nested up to 50 deep
//	{2$$red|green|blue}        two of them in any order, no alternative twice, joined by a comma: red,green and green,red
//	{2$$ and $$red|green}      the same with a joiner of one's own
//	{1-2$$..} {-2$$..} {1-$$..} one or two, up to two (at least one), one or more
//	{3::red|green}             red three times as often, in a random list; counting and order do not change
//	__colors__                 an entry of the list colors; * ? [ab] [!ab] in the name fit several lists at once
//	{2$$__colors__}            two of its entries
//	{{title}}                  the cell of the row's column Title, as it is: what stands in it is never a template
//	\{ \} \| \$ \_ \\          the character itself; so do \% \~ \@ \! \: and a backslash before a space
//
// Blanks before an alternative do not belong to it; all others do. An entry of a list may hold a template, other lists
// and a weight (3::red); blank entries are left out. A list that is not found by its name is looked for in folders:
// __style__ finds art/style.
//
// A template stands for its texts in a fixed order, in which the first braces change last. Their number is known by
// arithmetic. Alternatives that are written alike, or come to be through nested braces and lists, are one: {a|{a|b}} has
// two texts. Texts that are spelled in different ways are not compared, so {a|ab}{bc|c} yields abc twice, and
// {2$$red|__colors__} also red,red if the list has red.
//
// This is the language of the dynamic-prompts extension where both have the same signs, and gives the same texts. What
// differs on purpose:
//
//   - A list keeps the order of its entries; dynamic-prompts sorts them.
//   - Weights of entries count for random lists alone; there they repeat the entry in a full list too. The same entry in
//     two places of a list comes once, as it does there.
//   - An unknown list is an error and not text, and so is a brace too many: \} is text. There, backslashes escape nothing.
//   - {3$$a|a|b} gives what there is, two, and {2$$__colors__|__colors__} one entry; there, both give nothing.
//   - Texts that meet in different ways, as above, are compared there within one pair of braces.
//   - A dollar or percent sign needs no escape unless a brace follows it, a joiner may be empty or in any script, and #
//     begins no comment; in the file of a list it does at the beginning of a line, and between blanks.
//   - {{a}} is a column and no needless pair of braces.
//   - Variables ${x=...}, wraps %{...}, parameters __list(x=y)__ and the samplers ~ and @ are refused with a
//     [SyntaxError]; the sampler ! says what holds anyway and is passed over.
package template
