package config

import (
	"errors"
	"log/slog"
	"time"

	"easel/shared/model"
	"easel/shared/pace"
)

// The variables that a function may need to be there. Which it needs depends on what it touches.
const (
	Table  = "TABLE_NAME"
	Queue  = "QUEUE_URL"
	Bucket = "BUCKET"
)

// Function is how a function is set up. What was not set has its default.
type Function struct {
	Table  string // DynamoDB table of records and pace
	Queue  string // URL of the SQS queue
	Bucket string // S3 bucket of pictures and input images

	BedrockRegion                 string                 // called instead of each model's own region; empty: the model's
	GuardrailID, GuardrailVersion string                 // of every model call; both or neither
	Model                         string                 // alias or ID for a request that names none; empty: the core's choice
	Paces                         map[string]pace.Limits // by the catalogue's ID; see Function.Setting
	Simulated                     bool                   // whether Bedrock is a simulator

	MaxWait        time.Duration // how long an answer may be held back: 1..25 s; less than 0: not at all
	OwnerBySession bool          // whether each session of a role is an owner of its own
	Retention      time.Duration // after the end of a job; 0: kept for good
	DailyBudget    int64         // what an owner's jobs may cost a day at list price, in micro-dollars; 0: anything
	Operators      []string      // role names in the API's own account, or ARNs of roles and users
	Origins        []string      // web pages that may use the API, as a browser names them
	Events         bool          // whether EventBridge hears of every ended job

	Namespace       string // of the metrics in CloudWatch; empty: no metrics
	PresignEndpoint string // that addresses of pictures name, for local runs; empty: that of S3
	Level           slog.Level

	Account Account
	Local   bool // whether SAM CLI runs the function: then the front door knows no callers
}

// Setting is how fast a model may be called, given by the catalogue's ID: as it was set, or else as fast as the catalogue
// says and never faster.
func (f Function) Setting(id string) pace.Limits {
	if p, ok := f.Paces[id]; ok {
		return p
	}
	m, _ := model.Find(id) // a record names a model of the catalogue
	return pace.Limits{Start: float64(m.RPM), Max: float64(m.RPM)}
}

// Account is how the function reaches AWS. It holds a secret and is not for printing.
type Account struct {
	Region                         string
	KeyID, SecretKey, SessionToken string
	Endpoint                       string            // of all services that have none of their own; empty: AWS
	Endpoints                      map[string]string // by the SDK's name of the service, such as "Bedrock Runtime"
}

// Load reads the settings through getenv, such as os.Getenv. The variables named in needs must be there. One error
// names everything that is wrong: the variable, what it holds, and what it may hold. An empty variable is as good as none.
func Load(getenv func(string) string, needs ...string) (Function, error) {
	r := &reader{getenv: getenv}
	for _, name := range needs {
		r.need(name)
	}
	f := Function{
		Table: r.text(Table), Queue: r.address(Queue), Bucket: r.text(Bucket),
		BedrockRegion: r.region("BEDROCK_REGION"), Model: r.model("DEFAULT_MODEL"), Paces: r.paces("PACE"), Simulated: r.boolean("SIMULATED"),
		MaxWait:        r.wait("MAX_WAIT"),
		OwnerBySession: r.boolean("OWNER_BY_SESSION"), Operators: r.operators("OPERATOR_ROLES"), Origins: r.origins("CORS_ORIGINS"),
		Retention:   time.Duration(r.number("RETENTION_DAYS", 0, maxDays)) * 24 * time.Hour,
		DailyBudget: r.dollars("DAILY_BUDGET_USD"),
		Events:      r.boolean("EVENTS"), Namespace: r.namespace("METRICS_NAMESPACE"), PresignEndpoint: r.address("PRESIGN_ENDPOINT"),
		Level: r.level("LOG_LEVEL"), Account: r.account(), Local: r.boolean("AWS_SAM_LOCAL"),
	}
	f.GuardrailID, f.GuardrailVersion = r.guardrail("GUARDRAIL_ID", "GUARDRAIL_VERSION")
	return f, errors.Join(r.problems...)
}
