package templatetest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"easel/shared/dynamostore"
)

var storeRules = []rule{queued, tabled, kept, closed, encrypted}

// queued is about the queue and its dead letters.
func queued(s stack) (wrong []string) {
	q, dead := s.resources["Queue"], s.resources["DeadLetterQueue"]
	if q.text("RedrivePolicy.deadLetterTargetArn") != "DeadLetterQueue.Arn" || q.number("RedrivePolicy.maxReceiveCount") != 8 {
		wrong = append(wrong, "Queue does not give up a message to DeadLetterQueue after eight receives")
	}
	source := fmt.Sprintf("arn:aws:sqs:%s:%s:%s", s.values["AWS::Region"], s.values["AWS::AccountId"], q.text("QueueName"))
	if allowed := words(dead.get("RedriveAllowPolicy.sourceQueueArns")); dead.text("RedriveAllowPolicy.redrivePermission") != "byQueue" || !slices.Equal(allowed, []string{source}) {
		wrong = append(wrong, fmt.Sprintf("DeadLetterQueue takes messages from %q: from %s alone it should", allowed, source))
	}
	if dead.number("MessageRetentionPeriod") <= q.number("MessageRetentionPeriod") || q.number("MessageRetentionPeriod") < 345600 {
		wrong = append(wrong, "a dead letter would be gone soon after it comes: its time counts from the first send")
	}
	return wrong
}

// tabled compares the table with the one that the adapter describes.
func tabled(s stack) (wrong []string) {
	t := s.resources["Table"]
	got := []string{described("table", t.properties)}
	for _, index := range dig[[]any](t.properties, "GlobalSecondaryIndexes") {
		got = append(got, described(dig[string](index, "IndexName"), index))
	}
	adapter := dynamostore.CreateTable("")
	want := []string{fmt.Sprint("table ", keys(adapter.KeySchema))}
	for _, index := range adapter.GlobalSecondaryIndexes {
		p := index.Projection
		want = append(want, fmt.Sprint(*index.IndexName, " ", keys(index.KeySchema), p.ProjectionType, p.NonKeyAttributes))
	}
	if !slices.Equal(got, want) {
		wrong = append(wrong, fmt.Sprintf("the table's keys are %q: the adapter's are %q", got, want))
	}
	if _, ok := t.get("DeletionProtectionEnabled").(string); ok {
		wrong = append(wrong, "Table's DeletionProtectionEnabled is a text, and not every reader takes \"false\" for false")
	}
	for path, value := range map[string]string{
		"BillingMode": "PAY_PER_REQUEST", "SSESpecification.SSEEnabled": "true", "TimeToLiveSpecification.AttributeName": "ttl",
		"TimeToLiveSpecification.Enabled": "true", "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled": "true",
		"PointInTimeRecoverySpecification.RecoveryPeriodInDays": "7", "DeletionProtectionEnabled": s.values["DeletionProtection"],
	} {
		if t.text(path) != value {
			wrong = append(wrong, fmt.Sprintf("Table has %s %q: it should be %s", path, t.text(path), value))
		}
	}
	return wrong
}

// described is the key of a table or of an index in the template, and what an index holds beside it.
func described(name string, of any) string {
	text := name + " "
	for _, key := range dig[[]any](of, "KeySchema") {
		text += fmt.Sprint(dig[any](key, "AttributeName"), " ", dig[any](key, "KeyType"), " ")
	}
	if projection := dig[any](of, "Projection"); projection != nil {
		text += fmt.Sprint(dig[any](projection, "ProjectionType"), words(dig[any](projection, "NonKeyAttributes")))
	}
	return text
}

// keys are those of the adapter in the same words.
func keys(schema []types.KeySchemaElement) (text string) {
	for _, key := range schema {
		text += fmt.Sprint(*key.AttributeName, " ", key.KeyType, " ")
	}
	return text
}

// kept wants what people pay for to outlive the stack, and no rule to remove images by their age.
func kept(s stack) (wrong []string) {
	for _, id := range []string{"Table", "Bucket", "BucketPolicy"} {
		r := s.resources[id].whole
		if r["DeletionPolicy"] != "RetainExceptOnCreate" || r["UpdateReplacePolicy"] != "Retain" {
			wrong = append(wrong, id+" does not outlive the stack")
		}
	}
	if s.resources["Bucket"].get("VersioningConfiguration") != nil {
		wrong = append(wrong, "Bucket keeps versions: what was deleted would still be there")
	}
	return append(wrong, ageless(s)...)
}

// ageless wants one rule of the bucket, which ends uploads that were not completed. Images and inputs have no age: each goes
// with its job or batch, and a starred job stays.
func ageless(s stack) (wrong []string) {
	rules := dig[[]any](s.resources["Bucket"].properties, "LifecycleConfiguration", "Rules")
	if len(rules) != 1 {
		return []string{fmt.Sprintf("the bucket has %d rules: one for uploads is all it should have", len(rules))}
	}
	if dig[string](rules[0], "Status") != "Enabled" {
		wrong = append(wrong, fmt.Sprint("this rule of the bucket is off: ", rules[0]))
	}
	if number(dig[any](rules[0], "AbortIncompleteMultipartUpload", "DaysAfterInitiation")) != 1 {
		wrong = append(wrong, "the bucket keeps uploads that were not completed")
	}
	for name := range rules[0].(map[string]any) {
		if !slices.Contains([]string{"Id", "Status", "AbortIncompleteMultipartUpload"}, name) {
			wrong = append(wrong, "a rule of the bucket has "+name+": it removes images by their age, also those of starred jobs")
		}
	}
	return wrong
}

// closed wants the bucket private, and every store to refuse what comes without TLS.
func closed(s stack) (wrong []string) {
	b := s.resources["Bucket"]
	for _, block := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
		if b.text("PublicAccessBlockConfiguration."+block) != "true" {
			wrong = append(wrong, "Bucket does not have "+block)
		}
	}
	if b.text("OwnershipControls.Rules.0.ObjectOwnership") != "BucketOwnerEnforced" {
		wrong = append(wrong, "Bucket lets ACLs count")
	}
	for id, policy := range map[string]string{"Bucket": "BucketPolicy", "Queue": "QueuePolicy", "DeadLetterQueue": "DeadLetterQueuePolicy"} {
		attached := slices.Contains(append(words(s.resources[policy].get("Queues")), s.resources[policy].text("Bucket")), id)
		if !attached || !denies(s.resources[policy], "map[Bool:map[aws:SecureTransport:false]]", id+".Arn") {
			wrong = append(wrong, id+" does not refuse what comes without TLS")
		}
	}
	// Easel signs for 15 minutes.
	if !denies(s.resources["BucketPolicy"], "map[NumericGreaterThan:map[s3:signatureAge:960000]]", "Bucket.Arn/*") {
		wrong = append(wrong, "Bucket takes signatures that are older than a quarter of an hour and a minute")
	}
	return wrong
}

// denies reports whether a policy refuses all principals every action on a resource under a condition.
func denies(policy resource, condition, on string) bool {
	return slices.ContainsFunc(statements(policy), func(st statement) bool {
		return st.effect == "Deny" && len(st.actions) == 1 && strings.HasSuffix(st.actions[0], ":*") &&
			slices.Contains(st.resources, on) && fmt.Sprint(st.condition) == condition
	})
}

// encrypted wants the key of the parameter on everything that holds data, or else AWS's own.
func encrypted(s stack) (wrong []string) {
	key := s.values["KmsKeyArn"]
	for _, q := range s.of("SQS::Queue") {
		if q.text("KmsMasterKeyId") != key || (key == "") != (q.text("SqsManagedSseEnabled") == "true") {
			wrong = append(wrong, q.id+" is not encrypted with the key of the parameter, or else by SQS")
		}
	}
	if s.resources["Table"].text("SSESpecification.KMSMasterKeyId") != key {
		wrong = append(wrong, "Table is not encrypted with the key of the parameter")
	}
	const by = "BucketEncryption.ServerSideEncryptionConfiguration.0.ServerSideEncryptionByDefault."
	b, algorithm := s.resources["Bucket"], map[bool]string{true: "AES256", false: "aws:kms"}[key == ""]
	if b.text(by+"KMSMasterKeyID") != key || b.text(by+"SSEAlgorithm") != algorithm {
		wrong = append(wrong, "Bucket is not encrypted with the key of the parameter, or else by S3")
	}
	return wrong
}
