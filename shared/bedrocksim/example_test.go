package bedrocksim_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"easel/shared/bedrocksim"
)

// Any program that calls InvokeModel can be pointed at the simulator; words in the prompt make it fail.
func ExampleServer() {
	sim, err := bedrocksim.New(bedrocksim.Options{Latency: -1, Tiny: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sim.Close()
	server := httptest.NewServer(sim)
	defer server.Close()
	body := strings.NewReader(`{"prompt": "a red fox [sim:filtered]", "seed": 7}`)
	request, _ := http.NewRequest(http.MethodPost, server.URL+"/model/stability.stable-image-core-v1%3A1/invoke", body)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20261122/us-west-2/bedrock/aws4_request")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer response.Body.Close()
	answer, _ := io.ReadAll(response.Body)
	fmt.Println(response.Status, string(answer))
	fmt.Println(sim.Ledger(bedrocksim.Filter{}).Totals)
	// Output:
	// 200 OK {"finish_reasons":["Filter reason: prompt"]}
	// map[executed:0 filtered:1 refused:0]
}
