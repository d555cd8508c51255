package dynamostore

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// conditions are what must hold of an item. Attributes and values stand in them under placeholders, since the name of an
// attribute may hold anything.
type conditions struct {
	names  map[string]string
	values item
	terms  []string
}

// expression is an update of single attributes of an item, on conditions. It has one set of placeholders with them.
type expression struct {
	conditions
	set, remove, add []string
}

func newExpression() *expression {
	return &expression{conditions: conditions{names: map[string]string{}, values: item{}}}
}

// name returns the placeholder of an attribute.
func (c *conditions) name(attribute string) string {
	for placeholder, known := range c.names {
		if known == attribute {
			return placeholder
		}
	}
	placeholder := "#" + strconv.Itoa(len(c.names))
	c.names[placeholder] = attribute
	return placeholder
}

// value returns the placeholder of a value.
func (c *conditions) value(v types.AttributeValue) string {
	placeholder := ":" + strconv.Itoa(len(c.values))
	c.values[placeholder] = v
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

func (c *conditions) require(condition string) { c.terms = append(c.terms, condition) }

func (c *conditions) exists(attribute string) {
	c.require("attribute_exists(" + c.name(attribute) + ")")
}

func (c *conditions) lacks(attribute string) {
	c.require("attribute_not_exists(" + c.name(attribute) + ")")
}

func (c *conditions) equals(attribute string, v types.AttributeValue) {
	c.require(c.name(attribute) + " = " + c.value(v))
}

// is requires that a number equals n. A number that is not there is 0.
func (c *conditions) is(attribute string, n int64) { c.compare(attribute, "=", n, n == 0) }

// atMost requires that a number is n or less. A number that is not there is 0.
func (c *conditions) atMost(attribute string, n int64) { c.compare(attribute, "<=", n, n >= 0) }

func (c *conditions) compare(attribute, operator string, n int64, holdsForNone bool) {
	name := c.name(attribute)
	condition := name + " " + operator + " " + c.value(number(n))
	if holdsForNone {
		condition = "(attribute_not_exists(" + name + ") OR " + condition + ")"
	}
	c.require(condition)
}

// given are the values, or nil if there are none: DynamoDB refuses an empty map.
func (c *conditions) given() item {
	if len(c.values) == 0 {
		return nil
	}
	return c.values
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
func (c *conditions) condition() *string {
	if len(c.terms) == 0 {
		return nil
	}
	return aws.String(strings.Join(c.terms, " AND "))
}
