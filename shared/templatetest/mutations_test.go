package templatetest

import (
	"strings"
	"testing"
)

// A mutation spoils the template at a path, with slashes between the steps. A value of nil takes away what is there.
type mutation struct {
	path  string
	value any
	want  string // part of the complaint
}

func TestRulesComplain(t *testing.T) {
	template := translated(t)
	for _, m := range mutations {
		t.Run(m.path, func(t *testing.T) {
			broken := clone(template)
			put(broken, m.path, m.value)
			var all []string
			for _, parameters := range variants {
				all = append(all, complaints(deploy(broken, parameters))...)
			}
			if !strings.Contains(strings.Join(all, "\n"), m.want) {
				t.Errorf("%v there is not complained about with %q, but with %q", m.value, m.want, all)
			}
		})
	}
}

var (
	everything = map[string]any{"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*"}
	inTheName  = map[string]any{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::easel-*"}
	anyAction  = map[string]any{"Effect": "Allow", "Action": "dynamodb:*", "Resource": map[string]any{"Fn::GetAtt": []any{"Table", "Arn"}}}
	toDelete   = map[string]any{"Effect": "Allow", "Action": "dynamodb:DeleteItem", "Resource": map[string]any{"Fn::GetAtt": []any{"Table", "Arn"}}}
	nothing    = map[string]any{"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": map[string]any{"Fn::GetAtt": []any{"WorkerLogs", "Arn"}}}
	retired    = "arn:aws:bedrock:us-west-2::foundation-model/stability.stable-image-core-v1:0"
	byCore     = []any{map[string]any{"Name": "model", "Value": "stability.stable-image-core-v1:1"}}
	work       = "/Properties/Policies/0/PolicyDocument/Statement/"
)

var mutations = []mutation{
	{"Resources/Queue/Properties/VisibilityTimeout", 900, "at least six timeouts"},
	{"Resources/WorkerFunction/Properties/Timeout", 181, "WorkerFunction may run 181 s"},
	{"Resources/WorkerTrigger/Properties/MaximumBatchingWindowInSeconds", 5, "at least six timeouts of WorkerFunction and the batching window"},
	{"Resources/WorkerTrigger/Properties/BatchSize", 100, "wants a batching window"},
	{"Resources/WorkerTrigger/Properties/BatchSize", 2, "several jobs"},
	{"Resources/WorkerTrigger/Properties/FunctionResponseTypes", nil, "which message failed"},
	{"Resources/WorkerTrigger/Properties/ScalingConfig", nil, "WorkerConcurrency"},
	{"Resources/SubmitFunction/Properties/Timeout", 60, "SubmitFunction may run 60 s"},
	{"Resources/StatusFunction/Properties/MemorySize", 20000, "StatusFunction has 20000 MB"},
	{"Resources/WorkerFunction/Properties/ReservedConcurrentExecutions", 5, "reserves concurrency"},
	{"Resources/WorkerFunction/Properties/Runtime", "go1.x", "does not run on"},
	{"Resources/WorkerFunction/Properties/TracingConfig/Mode", "Active", "traced against"},
	{"Resources/StatusFunction/Properties/LoggingConfig", nil, "StatusFunction logs into no group"},
	{"Resources/StatusFunction/Properties/LoggingConfig/LogGroup/Ref", "SubmitLogs", "share a log group"},
	{"Resources/ApiLogs/Properties/RetentionInDays", nil, "ApiLogs does not keep"},
	{"Resources/Table/Properties/TableName", "jobs", "has the name jobs"},
	{"Resources/SubmitFunction/Properties/FunctionName", "submit", "has the name submit"},
	{"Resources/Queue/Properties/QueueName", "easel", "has the name easel"},
	{"Resources/SubmitFunction/Properties/Environment/Variables/AWS_REGION", "us-east-1", "Lambda's own"},
	{"Resources/SubmitFunction/Properties/Environment/Variables/TABEL_NAME", "x", "does not read"},
	{"Resources/WorkerFunction/Properties/Environment/Variables/PACE", nil, "does not declare PACE"},
	{"Resources/WorkerFunction/Properties/Environment/Variables/PACE", "core=fast", "cannot read its settings"},
	{"Resources/SubmitFunction/Properties/Environment/Variables/DAILY_BUDGET_USD", "0", "SubmitFunction does not keep to DailyBudgetUSD"},
	{"Resources/SweepSchedule/Properties/ScheduleExpression", "rate(5 minutes)", "every minute"},
	{"Resources/SweepOnce/Properties/MaximumRetryAttempts", 2, "repeated"},
	{"Resources/SweepPermission/Properties/Principal", "apigateway.amazonaws.com", "may not call SweepFunction"},

	{"Resources/SweepRole/Properties/PermissionsBoundary", nil, "SweepRole does not have the permissions boundary"},
	{"Resources/SweepFunction/Properties/Role/Fn::GetAtt/0", "WorkerRole", "role of its own"},
	{"Resources/SweepRole/Properties/ManagedPolicyArns", []any{"arn:aws:iam::aws:policy/ReadOnlyAccess"}, "managed policy"},
	{"Resources/SweepRole/Properties/AssumeRolePolicyDocument/Statement/0/Principal", map[string]any{"AWS": "*"}, "taken by something else"},
	{"Resources/StatusRole" + work + "1", everything, "with every resource"},
	{"Resources/StatusRole" + work + "1", anyAction, "name the actions"},
	{"Resources/StatusRole" + work + "1", inTheName, "name it"},
	{"Resources/StatusRole" + work + "1", toDelete, "no port of its function does"},
	{"Resources/SweepRole" + work + "2/Resource/2/Fn::Sub", "${Table.Arn}/index/due", "nothing for the port Waiters"},
	{"Resources/SweepRole" + work + "3/Condition", nil, "SweepRole may query the table under"},
	{"Resources/StatusRole" + work + "2/Resource/0/Fn::Sub", "${Table.Arn}/index/flow", "StatusRole may do Table.Arn/index/flow dynamodb:Query"},
	{"Resources/SweepRole" + work + "4", nothing, "nothing for the port Queue"},
	{"Resources/SweepRole" + work + "5", nothing, "nothing for the port Images"},
	{"Resources/SweepRole" + work + "7", nothing, "nothing for the port looking"},
	{"Resources/SweepRole" + work + "1/Action", []any{"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:UpdateItem"}, "nothing for the port BatchEraser"},
	{"Resources/WorkerRole" + work + "2/Action/0", "dynamodb:DeleteItem", "WorkerRole may do Table.Arn dynamodb:DeleteItem"},
	{"Resources/WorkerFunction/Properties/RecursiveLoop", "Terminate", "loop"},
	{"Resources/WorkerRole" + work + "3/Condition", nil, "WorkerRole may put items under"},
	{"Resources/WorkerRole" + work + "7/Resource/0", retired, "the catalogue has"},
	{"Resources/WorkerRole" + work + "7/Resource/0/Fn::Sub/1/Region", "us-west-2", "the catalogue has"},
	{"Resources/WorkerRole" + work + "8/Fn::If/1/Resource", "arn:aws:bedrock:us-west-2:111122223333:guardrail/abc123", "apply the guardrail"},
	{"Resources/WorkerRole" + work + "9/Fn::If/0", "UseIam", "subscribe against"},
	{"Resources/WorkerRole" + work + "9/Fn::If/1/Condition", nil, "without Bedrock"},
	{"Resources/StatusRole" + work + "5/Fn::If/1/Condition/StringEquals/kms:ViaService/1", "sqs.eu-central-1.amazonaws.com", "StatusRole may use the key"},
	{"Resources/StatusRole" + work + "3/Condition", nil, "StatusRole may put items under"},
	{"Resources/WorkerRole" + work + "3/Condition/ForAllValues:StringLike/dynamodb:LeadingKeys/0", "*", "WorkerRole may put items under"},
	{"Resources/SweepRole" + work + "8/Fn::If/1/Condition", nil, "not Easel's"},

	{"Resources/GetJobRoute/Properties/AuthorizationType", "NONE", "is open to"},
	{"Resources/GetJobRoute/Properties/AuthorizerId", nil, "is open to"},
	{"Resources/JwtAuthorizer/Properties/JwtConfiguration/Audience", []any{"all"}, "issuer and audience"},
	{"Resources/GetImageRoute", nil, "openapi.yaml has"},
	{"Resources/GetImageRoute/Properties/RouteKey", "GET /healthz", "openapi.yaml has"},
	{"Resources/DeleteJobRoute/Properties/Target/Fn::Sub", "integrations/${StatusIntegration}", "does not lead to SubmitFunction"},
	{"Resources/StatusIntegration/Properties/PayloadFormatVersion", "1.0", "version 2.0"},
	{"Resources/StatusPermission", nil, "may not call StatusFunction"},
	{"Resources/Stage/Properties/DefaultRouteSettings", nil, "does not throttle"},
	{"Resources/Stage/Properties/AccessLogSettings", nil, "does not log requests"},
	{"Resources/Stage/Properties/AccessLogSettings/Format", `{"path":"$context.path"}`, "holds $context.path"},
	{"Resources/Stage/Properties/AccessLogSettings/Format", "$context.status", "no JSON"},
	{"Resources/Api/Properties/CorsConfiguration", map[string]any{"AllowOrigins": []any{"*"}}, "may call the API"},
	{"Resources/Api/Properties/CorsConfiguration", map[string]any{"AllowCredentials": true}, "may send cookies"},

	{"Resources/Queue/Properties/RedrivePolicy/maxReceiveCount", 3, "after eight receives"},
	{"Resources/DeadLetterQueue/Properties/RedriveAllowPolicy", nil, "DeadLetterQueue takes messages from"},
	{"Resources/DeadLetterQueue/Properties/MessageRetentionPeriod", 345600, "gone soon"},
	{"Resources/Table/Properties/GlobalSecondaryIndexes/2/Projection/ProjectionType", "ALL", "the table's keys"},
	{"Resources/Table/Properties/GlobalSecondaryIndexes/4/KeySchema/0/AttributeName", "owner_pk", "the table's keys"},
	{"Resources/Table/Properties/GlobalSecondaryIndexes/3/Projection/NonKeyAttributes", []any{"deadline"}, "the table's keys"},
	{"Resources/Table/Properties/KeySchema", []any{map[string]any{"AttributeName": "pk", "KeyType": "HASH"}}, "the table's keys"},
	{"Resources/Table/Properties/PointInTimeRecoverySpecification", nil, "Table has PointInTimeRecoverySpecification"},
	{"Resources/Table/Properties/TimeToLiveSpecification/AttributeName", "expires", "TimeToLiveSpecification.AttributeName"},
	{"Resources/Table/Properties/DeletionProtectionEnabled", nil, "DeletionProtectionEnabled"},
	{"Resources/Table/Properties/DeletionProtectionEnabled", map[string]any{"Ref": "DeletionProtection"}, "is a text"},
	{"Resources/Table/DeletionPolicy", "Delete", "Table does not outlive"},
	{"Resources/Bucket/UpdateReplacePolicy", nil, "Bucket does not outlive"},
	{"Resources/Bucket/Properties/LifecycleConfiguration/Rules", []any{}, "has 0 rules"},
	{"Resources/Bucket/Properties/LifecycleConfiguration/Rules/0/AbortIncompleteMultipartUpload", nil, "keeps uploads"},
	{"Resources/Bucket/Properties/LifecycleConfiguration/Rules/0", map[string]any{"Status": "Enabled", "Prefix": "images/", "ExpirationInDays": 30}, "images by their age"},
	{"Resources/Bucket/Properties/LifecycleConfiguration/Rules/0/Status", "Disabled", "is off"},
	{"Resources/Bucket/Properties/VersioningConfiguration", map[string]any{"Status": "Enabled"}, "keeps versions"},
	{"Resources/Bucket/Properties/PublicAccessBlockConfiguration/IgnorePublicAcls", false, "IgnorePublicAcls"},
	{"Resources/Bucket/Properties/OwnershipControls", nil, "ACLs"},
	{"Resources/BucketPolicy/Properties/PolicyDocument/Statement/0/Effect", "Allow", "Bucket does not refuse"},
	{"Resources/QueuePolicy/Properties/Queues/0", "DeadLetterQueue", "Queue does not refuse"},
	{"Resources/BucketPolicy/Properties/PolicyDocument/Statement/1/Condition/NumericGreaterThan/s3:signatureAge", 604800000, "takes signatures"},
	{"Resources/Queue/Properties/KmsMasterKeyId", nil, "Queue is not encrypted"},
	{"Resources/DeadLetterQueue/Properties/SqsManagedSseEnabled", false, "DeadLetterQueue is not encrypted"},
	{"Resources/Table/Properties/SSESpecification/KMSMasterKeyId", nil, "Table is not encrypted"},
	{"Resources/Bucket/Properties/BucketEncryption", nil, "Bucket is not encrypted"},

	{"Resources/SweepAlarm/Properties/AlarmActions", nil, "SweepAlarm tells"},
	{"Resources/SweepAlarm/Properties/OKActions/1", "AlarmTopic", "SweepAlarm tells"},
	{"Resources/SweepAlarm/Properties/AlarmDescription", "The sweep failed.", "what it means"},
	{"Resources/SweepAlarm/Properties/TreatMissingData", "breaching", "nothing to measure"},
	{"Resources/SweepAlarm", nil, "SweepAlarm does not look at"},
	{"Resources/AlarmTopic/Properties/Subscription/0/Endpoint", "me@example.com", "does not lead to the e-mail"},
	{"Resources/AlarmTopicPolicy/Properties/PolicyDocument/Statement/0/Principal/Service", "events.amazonaws.com", "may not publish"},
	{"Resources/SilentSweepAlarm/Properties/Dimensions/0/Value/Ref", "WorkerFunction", "SilentSweepAlarm does not look at"},
	{"Resources/CoreProgressAlarm/Properties/EvaluationPeriods", 15, "CoreProgressAlarm does not look at"},
	{"Resources/CoreProgressAlarm/Properties/MetricName", "finished", "which no function writes"},
	{"Resources/CoreProgressAlarm/Properties/Dimensions", nil, "which no function writes"},
	{"Resources/CoreFailedAlarm/Properties/Metrics/0/Expression", "IF(failed > 0.2, 100, 0)", "reckons with"},
	{"Resources/CoreFailedAlarm/Properties/Metrics/0/Expression", "IF(FILL(ended, 0) >= 5, 100 * failed, 0)", "trusts in FILL"},
	{"Resources/CoreFailedAlarm/Properties/Metrics/1/MetricStat/Metric/Namespace", "AWS/SQS", "has no value until"},
	{"Resources/Sd35ProgressAlarm", nil, "Sd35ProgressAlarm does not look at"},
	{"Resources/UltraProgressAlarm/Properties/Dimensions/0/Value", "stability.stable-image-core-v1:1", "UltraProgressAlarm does not look at"},
	{"Resources/CoreProgressAlarm/Properties/TreatMissingData", "breaching", "nothing to measure"},
	{"Resources/CoreProgressAlarm/Properties/Statistic", "SampleCount", "CoreProgressAlarm does not look at"},
	{"Resources/UltraFailedAlarm", nil, "UltraFailedAlarm does not look at"},
	{"Resources/CoreFailedAlarm/Properties/Metrics/1/MetricStat/Metric/MetricName", "ended", "has no value until"},
	{"Resources/Sd35FailedAlarm/Properties/Metrics/2/MetricStat/Metric/Dimensions/0/Value", "sd35", "Sd35FailedAlarm does not look at"},
	{"Resources/WorkerErrorsAlarm", nil, "WorkerErrorsAlarm does not look at"},
	{"Resources/WorkerErrorsAlarm/Properties/Threshold", 3, "WorkerErrorsAlarm does not look at"},
	{"Resources/WorkerErrorsAlarm/Properties/TreatMissingData", "breaching", "nothing to measure"},
	{"Resources/WorkerThrottlesAlarm/Properties/Dimensions", nil, "WorkerThrottlesAlarm does not look at"},
	{"Resources/SpendAlarm", nil, "SpendAlarm does not look at"},
	{"Resources/SpendAlarm/Properties/Threshold", 10, "SpendAlarm does not look at"},
	{"Resources/SpendAlarm/Properties/Period", 86400, "SpendAlarm does not look at"},
	{"Resources/SpendAlarm/Properties/Dimensions", byCore, "SpendAlarm does not look at"},
	{"Resources/SpendAlarm/Properties/AlarmActions", nil, "SpendAlarm tells"},
	{"Resources/Dashboard/Properties/DashboardBody/Fn::Sub", `{"widgets": [}`, "no JSON"},
	{"Resources/Dashboard/Properties/DashboardBody/Fn::Sub", `{"widgets": [{"x": 20, "width": 8, "height": 6}]}`, "does not fit"},
	{"Resources/Dashboard/Properties/DashboardBody/Fn::Sub", `{"widgets": [{"properties": {"metrics": [["SEARCH('MetricName=\"finished\"')"]]}}]}`, "shows finished"},

	{"Parameters/Pace/Description", "Pace.", "Pace needs"},
	{"Parameters/Other", map[string]any{"Default": "", "Description": "Something that nobody has thought of yet."}, "no group"},
	{"Parameters/DefaultModel/AllowedValues", []any{"core"}, "the catalogue has"},
	{"Parameters/Tracing/Default", "true", "on by default"},
	{"Parameters/DailyBudgetUSD/Default", "0", "no budget of $25 by default"},
	{"Parameters/DeletionProtection/Default", "true", "cannot undo a first deployment"},
	{"Parameters/WorkerConcurrency/Default", 20, "a new account runs ten"},
	{"Parameters/SpendAlarmUSD/Default", 1000, "becomes dear"},
	{"Parameters/AlarmEmail/AllowedPattern", "^[^ @]+@[^ @]+$", "AlarmEmail refuses its own default"},
	{"Parameters/SpendAlarmUSD/MinValue", 20, "SpendAlarmUSD refuses its own default"},
	{"Parameters/LogLevel/AllowedValues", []any{"warn"}, "LogLevel refuses its own default"},
	{"Resources/Bucket/DeletionPolicy", "Retain", "Bucket would stay behind"},
	{"Resources/WorkerLogs/DeletionPolicy", "Retain", "WorkerLogs would stay behind"},
	{"Resources/ApiLogs/Properties/LogGroupName", nil, "not below /aws/vendedlogs/"},
	{"Resources/ApiLogs/Properties/LogGroupName", "/aws/vendedlogs/easel", "has the name /aws/vendedlogs/easel"},
	{"Outputs/AlarmsTell/Value", "ops@example.com", "the output AlarmsTell"},
	{"Outputs/TableIsProtected", nil, "the output TableIsProtected"},
	{"Outputs/ApiUrl/Value", "https://example.com", "the output ApiUrl"},
	{"Outputs/Curl/Value", "curl", "the command of the output"},
}
