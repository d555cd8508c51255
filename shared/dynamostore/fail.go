package dynamostore

import (
	"errors"
	"fmt"
	"slices"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
)

// talkative are the answers whose message may repeat parts of the request, and so a prompt.
var talkative = []string{
	"ValidationException", "SerializationException", "TransactionCanceledException", "ConditionalCheckFailedException",
}

// codeOf is the code of an answer that DynamoDB gave, or empty.
func codeOf(err error) string {
	if answer, ok := errors.AsType[smithy.APIError](err); ok {
		return answer.ErrorCode()
	}
	return ""
}

// plain returns the error without what its text may quote of a record.
func plain(err error) error {
	code := codeOf(err)
	if !slices.Contains(talkative, code) {
		return err
	}
	request := "without an ID"
	if response, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		request = response.ServiceRequestID()
	}
	return fmt.Errorf("DynamoDB answered %s to request %s; its message is left out, because it may quote the record", code, request)
}

// obstacle returns the item that stood in a condition's way, empty if there is none, and whether the error is such a
// failure at all.
func obstacle(err error) (it item, failed bool) {
	if e, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		return e.Item, true
	}
	return nil, false
}

// label says before an error what failed.
func label(err *error, format string, args ...any) {
	if *err != nil {
		*err = fmt.Errorf(format+": %w", append(args, *err)...)
	}
}
