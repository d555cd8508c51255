package bedrocksim_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/bedrocksim"
)

const (
	validation = "ValidationException"
	unheard    = "The provided model identifier is invalid."
	retired    = "This model version has reached the end of its life. Please refer to the AWS documentation for more details."
	unscoped   = "Authorization header requires 'Credential' parameter with a scope for bedrock."
	tooLong    = "1 validation error detected: Value at 'body' failed to satisfy constraint: Member must have length less than or equal to 25000000"
	coreTakes  = `{"detail":"Invalid field in request. Available fields: ['prompt', 'negative_prompt', 'aspect_ratio', 'seed', 'output_format']"}`
	ultraTakes = `{"detail":"Invalid field in request. Available fields: ['prompt', 'negative_prompt', 'seed', 'output_format', 'aspect_ratio']"}`
	sd35Takes  = `{"detail":"Invalid field in request. Available fields: ['prompt', 'mode', 'aspect_ratio', 'image', 'strength', 'seed', 'negative_prompt', 'output_format']"}`
)

// refusal is a request that Bedrock refuses, and what it says.
type refusal struct {
	path, body string
	with       func(*http.Request)
	status     int
	exception  string
	message    string
}

// invalid is a body that the model refuses.
func invalid(path, body, message string) refusal {
	return refusal{path, body, nil, 400, validation, message}
}

func malformedBody(path, body, problem string) refusal {
	return invalid(path, body, malformed(problem))
}

// headed is a good body with a header that the API refuses.
func headed(name, value, message string) refusal {
	return refusal{core, `{"prompt":"a"}`, header(name, value), 400, validation, message}
}

func constrained(value, member, must string) string {
	return fmt.Sprintf("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: %s", value, member, must)
}

func called(id, message string) refusal {
	return invalid("/model/"+strings.ReplaceAll(id, ":", "%3A")+"/invoke", `{"prompt":"a"}`, message)
}

// TestWhatBedrockRefusesIsRefused is the list of what the user guide, the API reference and public reports say
// of requests that come back, with their words where they are known.
func TestWhatBedrockRefusesIsRefused(t *testing.T) {
	s := open(t, bedrocksim.Options{Tiny: true})
	for _, table := range []map[string]refusal{bodies(), values(t), images(t), identifiers(), calls()} {
		for name, c := range table {
			t.Run(name, func(t *testing.T) {
				w := post(s, c.path, c.body, c.with)
				got := []any{w.Code, w.Header().Get("X-Amzn-Errortype"), w.Header().Get("Content-Type"), decode(t, w.Body.Bytes())}
				want := []any{c.status, c.exception, "application/json", map[string]any{"message": c.message}}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Error(diff)
				}
				if w.Header().Get("X-Amzn-Requestid") == "" {
					t.Error("no request ID")
				}
			})
		}
	}
	if n := s.Ledger(bedrocksim.Filter{}).Totals[bedrocksim.Executed]; n != 0 {
		t.Errorf("%d of the refused calls were executed", n)
	}
}

// bodies are wrong as a whole, or hold a field that the model does not have.
func bodies() map[string]refusal {
	all := map[string]refusal{
		"no JSON":            invalid(core, `{"prompt"`, "Malformed input request, please reformat your input and try again."),
		"nothing":            invalid(core, ``, "Malformed input request, please reformat your input and try again."),
		"null":               malformedBody(core, `null`, "#: expected type: JSONObject, found: Null"),
		"a list":             malformedBody(core, `[]`, "#: expected type: JSONObject, found: JSONArray"),
		"no prompt":          malformedBody(core, `{"text_prompts":[]}`, "#: required key [prompt] not found"),
		"a prompt in caps":   malformedBody(core, `{"Prompt":"a"}`, "#: required key [prompt] not found"),
		"25 MB":              invalid(core, strings.Repeat(" ", 25_000_001), tooLong),
		"a guardrail's body": invalid(core, `{"prompt":"a","amazon-bedrock-guardrailConfig":{}}`, "The body has amazon-bedrock-guardrailConfig, and no guardrail was given."),
	}
	for field, value := range map[string]string{
		"mode": `"text-to-image"`, "image": `""`, "strength": `0.5`, "style_preset": `"anime"`, "width": `1024`, "height": `1024`,
		"samples": `1`, "cfg_scale": `7`, "steps": `30`, "Seed": `1`,
	} {
		body := `{"prompt":"a","` + field + `":` + value + `}`
		all["core with "+field] = invalid(core, body, coreTakes)
		all["ultra with "+field] = invalid(ultra, body, ultraTakes)
		if field != "mode" && field != "image" && field != "strength" {
			all["sd35 with "+field] = invalid(sd35, body, sd35Takes)
		}
	}
	return all
}

// values are of the wrong type, length or range, for each of the three models.
func values(t *testing.T) map[string]refusal {
	all := map[string]refusal{
		"webp from core":      malformedBody(core, `{"prompt":"a","output_format":"webp"}`, "#/output_format: webp is not a valid enum value"),
		"webp from ultra":     malformedBody(ultra, `{"prompt":"a","output_format":"webp"}`, "#/output_format: webp is not a valid enum value"),
		"sd35's largest seed": malformedBody(sd35, `{"prompt":"a","seed":4294967295}`, "#/seed: 4294967295 is not less or equal to 4294967294"),
		"a mode of sd35":      malformedBody(sd35, `{"prompt":"a","mode":"inpaint"}`, "#/mode: inpaint is not a valid enum value"),
		"strength 1.1":        malformedBody(sd35, `{"prompt":"a","strength":1.1,"image":"`+encoded(t, 64, 64)+`"}`, "#/strength: 1.1 is not less or equal to 1"),
		"strength -0.1":       malformedBody(sd35, `{"prompt":"a","strength":-0.1}`, "#/strength: -0.1 is not greater or equal to 0"),
		"strength in words":   malformedBody(sd35, `{"prompt":"a","strength":"half"}`, "#/strength: expected type: Number, found: String"),
	}
	for name, path := range map[string]string{"core": core, "ultra": ultra, "sd35": sd35} {
		for value, problem := range map[string]string{
			`"seed":4294967296`: "", // sd35 has a bound of its own
			`"seed":-1`:         "#/seed: -1 is not greater or equal to 0",
			`"seed":1.5`:        "#/seed: expected type: Integer, found: BigDecimal",
			`"seed":"7"`:        "#/seed: expected type: Integer, found: String",
			`"seed":null`:       "#/seed: expected type: Integer, found: Null",
			`"prompt":1`:        "#/prompt: expected type: String, found: Integer",
			`"prompt":["a"]`:    "#/prompt: expected type: String, found: JSONArray",
			`"prompt":null`:     "#/prompt: expected type: String, found: Null",
			fmt.Sprintf(`"prompt":%q`, strings.Repeat("ä", 10_001)):          "#/prompt: expected maxLength: 10000, actual: 10001",
			fmt.Sprintf(`"negative_prompt":%q`, strings.Repeat("x", 10_001)): "#/negative_prompt: expected maxLength: 10000, actual: 10001",
			`"negative_prompt":{}`:   "#/negative_prompt: expected type: String, found: JSONObject",
			`"aspect_ratio":"4:3"`:   "#/aspect_ratio: 4:3 is not a valid enum value",
			`"aspect_ratio":"3:4"`:   "#/aspect_ratio: 3:4 is not a valid enum value",
			`"aspect_ratio":true`:    "#/aspect_ratio: expected type: String, found: Boolean",
			`"output_format":"PNG"`:  "#/output_format: PNG is not a valid enum value",
			`"output_format":"JPEG"`: "#/output_format: JPEG is not a valid enum value",
			`"output_format":"jpg"`:  "#/output_format: jpg is not a valid enum value",
			`"output_format":""`:     "#/output_format:  is not a valid enum value",
		} {
			if problem == "" {
				problem = "#/seed: 4294967296 is not less or equal to " + map[bool]string{true: "4294967294", false: "4294967295"}[name == "sd35"]
			}
			all[name+" with "+value[:min(len(value), 30)]] = malformedBody(path, `{"prompt":"a",`+value+`}`, problem)
		}
	}
	return all
}

// images are input images that sd35 refuses, and what does not go with one.
func images(t *testing.T) map[string]refusal {
	picture, small := encoded(t, 64, 64), encoded(t, 64, 63)
	with := func(fields, problem string) refusal { return malformedBody(sd35, `{"prompt":"a",`+fields+`}`, problem) }
	return map[string]refusal{
		"no base64":          with(`"image":"%"`, "#/image: not valid base64"),
		"no image":           with(`"image":"AAAA"`, "#/image: not a JPEG, PNG or WebP image"),
		"a GIF":              with(`"image":"R0lGODlhAQABAIAAAAAAAP///yH5BAAAAAAALAAAAAABAAEAAAIBRAA7"`, "#/image: not a JPEG, PNG or WebP image"),
		"a small image":      with(`"image":"`+small+`"`, "#/image: sides must be at least 64 pixels and the area at most 9437184"),
		"half an image":      with(`"strength":1,"image":"`+picture[:60]+`"`, "#/image: the image cannot be decoded"),
		"no strength":        with(`"mode":"image-to-image","image":"`+picture+`"`, "#: required key [strength] not found"),
		"no image to change": with(`"mode":"image-to-image","strength":1`, "#: required key [image] not found"),
		"an image to ignore": with(`"mode":"text-to-image","strength":1,"image":"`+picture+`"`, "#/image: image is not allowed in mode text-to-image"),
		"a reshaped image":   with(`"strength":1,"aspect_ratio":"1:1","image":"`+picture+`"`, "#/aspect_ratio: aspect_ratio is not allowed with an image"),
	}
}

// identifiers are names of models that the region does not have, or no longer.
func identifiers() map[string]refusal {
	all := map[string]refusal{
		"another region": {core, `{"prompt":"a"}`, header("Authorization", strings.Replace(signed, "us-west-2", "eu-west-1", 1)), 400, validation, unheard},
		"an image service": called("us.stability.stable-fast-upscale-v1:0",
			"The simulator has the text-to-image models alone, and us.stability.stable-fast-upscale-v1:0 is an image service."),
	}
	for _, id := range []string{
		"stability.stable-image-ultra-v1:2", "stability.sd3-ultra-v1:1", "us.stability.stable-image-core-v1:1", "core", "dall-e-3",
		"amazon.nova-canvas-v2:0", "amazon.nova-2-canvas-v1:0", "us.amazon.nova-2-omni-v1:0", "Stability.stable-image-core-v1:1",
	} {
		all[id] = called(id, unheard)
	}
	for _, id := range []string{
		"stability.stable-creative-upscale-v1:0", "stability.stable-conservative-upscale-v1:0", "stability.stable-fast-upscale-v1:0",
		"stability.stable-image-inpaint-v1:0", "stability.stable-outpaint-v1:0", "stability.stable-image-search-recolor-v1:0",
		"stability.stable-image-search-replace-v1:0", "stability.stable-image-erase-object-v1:0", "stability.stable-image-remove-background-v1:0",
		"stability.stable-image-control-sketch-v1:0", "stability.stable-image-control-structure-v1:0", "stability.stable-image-style-guide-v1:0",
		"stability.stable-style-transfer-v1:0",
	} {
		all[id] = called(id, "Invocation of model ID "+id+" with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an inference profile that contains this model.")
	}
	for _, id := range []string{
		"amazon.nova-canvas-v1:0", "amazon.titan-image-generator-v2:0", "amazon.titan-image-generator-v1", "stability.stable-image-core-v1:0",
		"stability.stable-image-ultra-v1:0", "stability.sd3-large-v1:0", "stability.stable-diffusion-xl-v1", "stability.stable-diffusion-xl-v0",
	} {
		c := called(id, retired)
		c.status, c.exception = 404, "ResourceNotFoundException"
		all[id] = c
	}
	return all
}

// calls are wrong in their headers or their address.
func calls() map[string]refusal {
	all := map[string]refusal{
		"plain text":     headed("Content-Type", "text/plain", "The content type is not supported. Use application/json."),
		"a trace":        headed("X-Amzn-Bedrock-Trace", "on", constrained("on", "trace", "Member must satisfy enum value set: [ENABLED, DISABLED, ENABLED_FULL]")),
		"a latency":      headed("X-Amzn-Bedrock-PerformanceConfig-Latency", "fast", constrained("fast", "performanceConfigLatency", "Member must satisfy enum value set: [standard, optimized]")),
		"a tier":         headed("X-Amzn-Bedrock-Service-Tier", "gold", constrained("gold", "serviceTier", "Member must satisfy enum value set: [priority, default, flex, reserved]")),
		"the flex tier":  headed("X-Amzn-Bedrock-Service-Tier", "flex", "The model does not support the service tier flex."),
		"half guarded":   headed("X-Amzn-Bedrock-GuardrailIdentifier", "gr1", "guardrailIdentifier and guardrailVersion must be given together."),
		"only a version": headed("X-Amzn-Bedrock-GuardrailVersion", "1", "guardrailIdentifier and guardrailVersion must be given together."),
		"a guardrail's name": headed("X-Amzn-Bedrock-GuardrailIdentifier", "My Rail", constrained("My Rail", "guardrailIdentifier",
			"Member must satisfy regular expression pattern: ^([a-z0-9]+|arn:aws(-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:guardrail/[a-z0-9]+)$")),
		"a guardrail's version": headed("X-Amzn-Bedrock-GuardrailVersion", "0", constrained("0", "guardrailVersion",
			"Member must satisfy regular expression pattern: ^([1-9][0-9]{0,7}|DRAFT)$")),
		"a throttle":        {core, `{"prompt":"[sim:throttle]"}`, nil, 429, "ThrottlingException", "Too many requests, please wait before trying again. You have sent too many requests. Wait before trying again."},
		"an unknown path":   {"/model/x/converse", `{}`, nil, 404, "UnknownOperationException", "The requested operation is not recognized by the service."},
		"an unknown method": {"/ledger", ``, nil, 404, "UnknownOperationException", "The requested operation is not recognized by the service."},
		"no signature":      {core, `{"prompt":"a"}`, func(r *http.Request) { r.Header.Del("Authorization") }, 403, "MissingAuthenticationTokenException", "Missing Authentication Token"},
	}
	for name, authorization := range map[string]string{"another service": strings.Replace(signed, "/bedrock/", "/s3/", 1), "half a signature": "AWS4-HMAC-SHA256 x"} {
		all[name] = refusal{core, `{"prompt":"a"}`, header("Authorization", authorization), 403, "IncompleteSignatureException", unscoped}
	}
	return all
}

func TestAReplyThatIsTooLargeIsPaidForAndRefused(t *testing.T) {
	s := open(t, bedrocksim.Options{Tiny: true})
	w := post(s, core, `{"prompt":"a boat [sim:oversized=1]","seed":7}`, nil)
	var size, most int
	message, _ := decode(t, w.Body.Bytes())["message"].(string)
	n, err := fmt.Sscanf(message, "Response payload size %d bytes exceeds the maximum allowed size of %d bytes", &size, &most)
	if w.Code != 400 || w.Header().Get("X-Amzn-Errortype") != validation || n != 2 || size <= most || most != 16_777_216 {
		t.Errorf("%d %s: %v", w.Code, w.Body, err)
	}
	if e := s.Ledger(bedrocksim.Filter{}).Entries[0]; e.Outcome != bedrocksim.Executed || e.Bytes == 0 {
		t.Errorf("the ledger says %+v", e)
	}
	if w := post(s, core, `{"prompt":"a boat [sim:oversized=1]","seed":7}`, nil); w.Code != 200 {
		t.Errorf("the second call: %d %s", w.Code, w.Body)
	}
}
