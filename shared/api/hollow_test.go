package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"easel/shared/api"
)

// A parameter that says nothing, and one that there is not, is named by every route.
func TestNoParameterIsIgnored(t *testing.T) {
	inHouse(t, func(h *harness) {
		params, _ := api.Takes(h.server)
		for route, takes := range params {
			method, path, _ := strings.Cut(strings.Replace(route, "{id}", "7", 1), " ")
			for _, name := range append(slices.Clone(takes), "nonsense") {
				forms := []string{name + "=", name, name + "=%20", name + "=&" + name + "=x"}
				if slices.Contains([]string{"status", "statuses", "codes", "retry"}, name) {
					forms = append(forms, name+"=failed,", name+"=,failed", name+"=failed,,canceled", name+"=,")
				}
				for _, form := range forms {
					_, p := want[api.Problem](h, http.StatusUnprocessableEntity, method, path+"?"+form, "")
					if len(p.Errors) != 1 || p.Errors[0].Parameter != name {
						t.Errorf("%s?%s: got %+v", route, form, p)
					}
				}
			}
		}
	})
}

func TestNoBodyIsIgnored(t *testing.T) {
	inHouse(t, func(h *harness) {
		_, bodies := api.Takes(h.server)
		for route, takes := range bodies {
			method, path, _ := strings.Cut(strings.Replace(route, "{id}", "7", 1), " ")
			for _, body := range []string{`{"codes":["model_error"]}`, `null`, `[]`, strings.Repeat(" ", 100) + "{}"} {
				response, data := h.call(method, path, body)
				if refused := response.StatusCode == 422 && strings.Contains(string(data), "takes no body"); refused == takes {
					t.Errorf("%s with %s: got %d %s", route, body, response.StatusCode, data)
				}
			}
			if response, data := h.call(method, path, "{}"); response.StatusCode == 422 && !takes && path != "/images.zip" { // which misses its parameters
				t.Errorf("%s with an empty object: got %s", route, data)
			}
		}
	})
}

func TestAnEmptyFilterStartsNothingAgain(t *testing.T) {
	inHouse(t, func(h *harness) {
		id := h.batch("a fox").ID
		for _, c := range [][2]string{
			{"", `{"codes":null}`},
			{"", `{"codes":[null]}`},
			{"", `{"codes":[""]}`},
			{"", `{"codes":[]}`},
			{"", `{"statuses":null}`},
			{"", `{"statuses":[]}`},
			{"", `{"statuses":["failed",""]}`},
			{"", `{"codes":"model_error"}`},
			{"", `{"codes":{}}`},
			{"", `{"codes":["model_err"]}`},
			{"", `{"codes":["model_error"],"codes":["internal"]}`},
			{"", `{"code":["model_error"]}`},
			{"", `{"cods":null}`},
			{"", `null`},
			{"", `[]`},
			{"", `{"statuses":["canceled"],"codes":["internal"]}`},
			{"?codes=internal", `{"codes":["internal"]}`},
			{"?statuses=canceled&codes=intern", ``},
			{"?statuses=succeeded", ``},
			{"?codes=null", ``},
			{"?codes=[]", ``},
			{"?codes=internal&codes=internal", ``},
		} {
			query, body := c[0], c[1]
			if _, p := want[api.Problem](h, 422, "POST", "/batches/"+id+"/retry"+query, body); body != "null" && body != "[]" && len(p.Errors) == 0 {
				t.Errorf("%s %s: nothing is named in %+v", query, body, p)
			}
		}
		for _, body := range []string{"", "{}", `{"statuses":["failed","canceled"]}`, `{"codes":["internal"]}`} {
			want[api.Batch](h, 200, "POST", "/batches/"+id+"/retry", body)
		}
		_, p := want[api.Problem](h, 422, "POST", "/batches/"+id+"/retry", `{"codes":["Model_Eror"]}`)
		if !strings.Contains(p.Detail, "Did you mean model_error?") {
			t.Errorf("got %+v", p)
		}
	})
}

func TestAnAxisWithoutValuesIsRefused(t *testing.T) {
	inHouse(t, func(h *harness) {
		for _, axis := range []string{`"model":[]`, `"model":[null]`, `"model":["core",null]`, `"seed":[]`, `"seed":[1,null]`, `"style_preset":[]`, `"aspect_ratio":[ ]`} {
			_, p := want[api.Problem](h, 422, "POST", "/batches", `{"prompts":["a"],"expand":{"matrix":{`+axis+`}}}`)
			name, _, _ := strings.Cut(strings.Trim(axis, `"`), `"`)
			if len(p.Errors) != 1 || p.Errors[0].Pointer != "/expand/matrix/"+name {
				t.Errorf("%s: got %+v", axis, p)
			}
		}
	})
}
