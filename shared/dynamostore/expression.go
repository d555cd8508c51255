package dynamostore

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// expression is an update of single attributes of an item, on conditions. Attributes and values stand in it under
// placeholders, since the name of an attribute may hold anything.
type expression struct {
	names  map[string]string
	values item

	set, remove, add []string
	conditions       []string
}

func newExpression() *expression { return &expression{names: map[string]string{}, values: item{}} }

// name returns the placeholder of an attribute.
func (e *expression) name(attribute string) string {
	for placeholder, known := range e.names {
		if known == attribute {
			return placeholder
		}
	}
	placeholder := "#" + strconv.Itoa(len(e.names))
	e.names[placeholder] = attribute
	return placeholder
}

// value returns the placeholder of a value.
func (e *expression) value(v types.AttributeValue) string {
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
	e.sum(to, from)
	e.assign(from, number(0))
}

// sum adds the value of one attribute to another.
func (e *expression) sum(to, from string) {
	zero := e.value(number(0))
	e.set = append(e.set, fmt.Sprintf("%[1]s = if_not_exists(%[1]s, %[3]s) + if_not_exists(%[2]s, %[3]s)", e.name(to), e.name(from), zero))
}

func (e *expression) clear(attribute string) { e.remove = append(e.remove, e.name(attribute)) }

func (e *expression) require(condition string) { e.conditions = append(e.conditions, condition) }

func (e *expression) exists(attribute string) {
	e.require("attribute_exists(" + e.name(attribute) + ")")
}

func (e *expression) lacks(attribute string) {
	e.require("attribute_not_exists(" + e.name(attribute) + ")")
}

func (e *expression) equals(attribute string, v types.AttributeValue) {
	e.require(e.name(attribute) + " = " + e.value(v))
}

// is requires that a number equals n. A number that is not there is 0.
func (e *expression) is(attribute string, n int64) { e.compare(attribute, "=", n, n == 0) }

// atMost requires that a number is n or less. A number that is not there is 0.
func (e *expression) atMost(attribute string, n int64) { e.compare(attribute, "<=", n, n >= 0) }

func (e *expression) compare(attribute, operator string, n int64, holdsForNone bool) {
	name := e.name(attribute)
	condition := name + " " + operator + " " + e.value(number(n))
	if holdsForNone {
		condition = "(attribute_not_exists(" + name + ") OR " + condition + ")"
	}
	e.require(condition)
}

// given are the values, or nil if there are none: DynamoDB refuses an empty map.
func (e *expression) given() item {
	if len(e.values) == 0 {
		return nil
	}
	return e.values
}

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
	if len(e.conditions) == 0 {
		return nil
	}
	return aws.String(strings.Join(e.conditions, " AND "))
}
