package dynamostore

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// expression is what a write changes of single attributes, and what must hold of the item before. Attributes and values
// stand in it under placeholders. The zero value changes nothing on no condition.
type expression struct {
	names  map[string]string
	values item

	terms            []string
	set, remove, add []string
}

// name returns the placeholder of an attribute. The names of attributes hold a # beside what a placeholder may.
func (e *expression) name(attribute string) string {
	if e.names == nil {
		e.names = map[string]string{}
	}
	placeholder := "#" + strings.ReplaceAll(attribute, "#", "_")
	e.names[placeholder] = attribute
	return placeholder
}

// value returns the placeholder of a value.
func (e *expression) value(v types.AttributeValue) string {
	if e.values == nil {
		e.values = item{}
	}
	placeholder := ":" + strconv.Itoa(len(e.values))
	e.values[placeholder] = v
	return placeholder
}

// increase adds a number to an attribute, or members to a set. An attribute that is not there begins with nothing.
func (e *expression) increase(attribute string, by types.AttributeValue) {
	e.add = append(e.add, e.name(attribute)+" "+e.value(by))
}

func (e *expression) assign(attribute string, to types.AttributeValue) {
	e.set = append(e.set, e.name(attribute)+" = "+e.value(to))
}

// begin gives an attribute its first value. One that is there stays.
func (e *expression) begin(attribute string, with types.AttributeValue) {
	e.set = append(e.set, fmt.Sprintf("%[1]s = if_not_exists(%[1]s, %[2]s)", e.name(attribute), e.value(with)))
}

// move adds one attribute to another and leaves 0. Attributes that are not there count as 0, and the values on the right
// of a SET are those before the update.
func (e *expression) move(from, to string) {
	zero := e.value(number(0))
	e.set = append(e.set, fmt.Sprintf("%[1]s = if_not_exists(%[1]s, %[3]s) + if_not_exists(%[2]s, %[3]s)", e.name(to), e.name(from), zero))
	e.assign(from, number(0))
}

func (e *expression) clear(attribute string) { e.remove = append(e.remove, e.name(attribute)) }

// require adds a condition. In it @ stands for the attribute, and each ? for the next of the values.
func (e *expression) require(condition, attribute string, values ...types.AttributeValue) *expression {
	for _, v := range values {
		condition = strings.Replace(condition, "?", e.value(v), 1)
	}
	e.terms = append(e.terms, strings.ReplaceAll(condition, "@", e.name(attribute)))
	return e
}

// compare requires that a number is in a relation to n. A number that is not there is 0.
func (e *expression) compare(attribute, operator string, n int64, holdsForNone bool) {
	condition := "@ " + operator + " ?"
	if holdsForNone {
		condition = "(attribute_not_exists(@) OR " + condition + ")"
	}
	e.require(condition, attribute, number(n))
}

// is requires that a number equals n.
func (e *expression) is(attribute string, n int64) { e.compare(attribute, "=", n, n == 0) }

// missing requires that there is no item, and atVersion that there is one with the version. The key needs no placeholder: a
// transaction has up to a hundred of these.
func missing() *expression { return &expression{terms: []string{"attribute_not_exists(" + pk + ")"}} }

func atVersion(n int64) *expression { return new(expression).require("@ = ?", "version", number(n)) }

// update is the text of what changes.
func (e *expression) update() string {
	var clauses []string
	for _, c := range []struct {
		verb  string
		parts []string
	}{{"SET", e.set}, {"REMOVE", e.remove}, {"ADD", e.add}} {
		if len(c.parts) > 0 {
			clauses = append(clauses, c.verb+" "+strings.Join(c.parts, ", "))
		}
	}
	return strings.Join(clauses, " ")
}

// condition is the text of what must hold, or nil if nothing must.
func (e *expression) condition() *string {
	if len(e.terms) == 0 {
		return nil
	}
	return aws.String(strings.Join(e.terms, " AND "))
}
