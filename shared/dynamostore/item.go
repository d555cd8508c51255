package dynamostore

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"easel/shared/job"
)

// item is a record as the table holds it: an attribute for each of its members, under its JSON name, and beside them the
// key, the keys of the indexes and the time to live.
type item = map[string]types.AttributeValue

const (
	pk  = "pk"
	sk  = "sk"
	ttl = "ttl"
)

// alone is the sort key of an item that has its partition to itself. All have, but for those of a model's line.
const alone = "-"

// key is the key of an item that stands alone.
func key(id string) item { return item{pk: text(id), sk: text(alone)} }

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

// encode returns the record's item.
func encode(j job.Job) item {
	it := attributes(j)
	maps.Copy(it, key(j.ID))
	maps.Copy(it, indexed(j))
	return it
}

// attributes are the members of the job.
func attributes(j job.Job) item {
	j.Metadata = renamed(j.Metadata, named)
	return marshal(j)
}

// marshal returns the members of a record. Raw JSON becomes binary: it may hold numbers and names that DynamoDB refuses.
func marshal(record any) item {
	it, err := attributevalue.MarshalMapWithOptions(record, func(o *attributevalue.EncoderOptions) {
		o.TagKey = "json"
		o.EncodeTime = func(t time.Time) (types.AttributeValue, error) {
			return text(t.UTC().Format(time.RFC3339Nano)), nil
		}
	})
	if err != nil {
		panic(err) // records are texts, numbers, instants and lists of them
	}
	return it
}

// unmarshal reads the members that the record knows. An instant is a text, or microseconds since 1970.
func unmarshal(it item, record any) error {
	err := attributevalue.UnmarshalMapWithOptions(it, record, func(o *attributevalue.DecoderOptions) {
		o.TagKey = "json"
		o.DecodeTime.N = func(n string) (time.Time, error) {
			since, err := strconv.ParseInt(n, 10, 64)
			return time.UnixMicro(since).UTC(), err
		}
	})
	if err != nil {
		return fmt.Errorf("stored record: %w", err)
	}
	return nil
}

// decode reads a job from its item. An item that is no job, such as a model's next slot, is job.ErrNotFound.
func decode(it item) (job.Job, error) {
	var j job.Job
	if unmarshal(it, &j) != nil {
		j = decodeDamaged(it)
	}
	if j.ID == "" || j.ID != keyOf(it) {
		return job.Job{}, job.ErrNotFound
	}
	j.Metadata = renamed(j.Metadata, given)
	return j, nil
}

// decodeDamaged reads what can be read of a job, member by member.
func decodeDamaged(it item) (j job.Job) {
	for name, value := range it {
		next := j
		if unmarshal(item{name: value}, &next) == nil {
			j = next
		}
	}
	j.Damaged = true
	return j
}

// keyOf is the item's key, which is the ID of a job.
func keyOf(it item) string { return textOf(it, pk) }

func textOf(it item, name string) string {
	if s, ok := it[name].(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

func renamed(pairs map[string]string, rename func(string) string) map[string]string {
	if pairs == nil {
		return nil
	}
	out := make(map[string]string, len(pairs))
	for name, value := range pairs {
		out[rename(name)] = value
	}
	return out
}

// named makes room for a pair without a name, which DynamoDB does not take: a name of nothing but underscores gets one
// more. The reverse is given.
func named(name string) string {
	if strings.Trim(name, "_") == "" {
		return name + "_"
	}
	return name
}

func given(name string) string {
	if strings.Trim(name, "_") == "" {
		return strings.TrimSuffix(name, "_")
	}
	return name
}

// whole is a number of the item, and 0 where it has none of that name.
func whole(it item, name string) (int64, error) {
	n, ok := it[name].(*types.AttributeValueMemberN)
	if !ok {
		return 0, nil
	}
	value, err := strconv.ParseInt(n.Value, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("attribute %s: %w", name, err)
	}
	return value, nil
}
