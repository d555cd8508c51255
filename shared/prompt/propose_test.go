package prompt_test

import (
	"strings"
	"testing"

	"easel/shared/prompt"
	"easel/shared/template"
)

// A proposal is followed: what it names is paid for.
func TestNoProposalNamesAColumnThatHoldsNoPrompts(t *testing.T) {
	const none = "--column prompt=COLUMN."
	for name, c := range map[string]struct{ file, want string }{
		"what Easel wrote":         {"Nr;Bild;easel_error_code;easel_error_message;easel_job_id\n7;;content_filtered;The prompt was refused by the model, change its words;4f1c\n", none},
		"an edited report":         {"Nr;Bildinhalt;Stil;EASEL_Error_Message\n7;ein Fuchs im Schnee;anime;The prompt was refused by the model, change its words\n", "--column prompt=Bildinhalt."},
		"some prompts are missing": {"Nr;Bildinhalt;easel_error_message\n7;;prompt is empty\n8;;prompt is empty\n9;ein Fuchs;no\n", "--column prompt=Bildinhalt."},
		"a report and a prompt":    {"Nr;easel_prompt\n7;ein Fuchs im Schnee\n", none},
		"numbers":                  {"a,b,c,d,text\n1,1.250,12 kg,\"EUR 12,50\",100\n2,3e5,3 Stück,7 %,200\n", none},
		"dates":                    {"a;b;c;d;titel\n2026-11-29;29.11.2026 10:15;29. November 2026;Sunday, 29 November 2026;Nov 29, 2026\n", none},
		"IDs":                      {"a,b,c,d,e\nSKU-ABCDEF-123,6ba7b810-9dad-11d1-80b4-00c04fd430c8,red_fox,ein-fuchs-im-schnee,FUCHS\n", none},
		"codes with blanks":        {"a,title\nx,SKU ABC 123\ny,SKU ABD 124\n", none},
		"addresses":                {"a,b,c,description\nhttps://example.com/a/fox,www.example.com,zoo@example.com,mailto:zoo@example.com\n", none},
		"files":                    {"a,b,c,title\nfox.png,ein Fuchs im Schnee.JPEG,C:\\Bilder\\Fuchs,pictures/animals/fox\n", none},
		"yes and no":               {"a,b,c,text\ntrue,nein,WAHR,yes\nfalse,ja,FALSCH,no\n", none},
		"nothing":                  {"a,Bildinhalt,c\n1,,x\n2, ,y\n", none},
		"one word a cell":          {"Art,Monat\nSäugetier,November\nVogel,Dezember\n", none},
		"a negative prompt":        {"Nr,Negativer Prompt\n1,people and houses\n", none},
		"another member, nearly":   {"Nr,negativ_prompt\n1,people and houses\n", none},
		"a name that misleads":     {"Text,Was zu sehen ist\n17,ein Fuchs im Schnee\n18,ein Hase\n", `--column "prompt=Was zu sehen ist".`},
		"prompts of numbers too":   {"Preis,Inhalt\n12,7 rote Füchse im Schnee\n13,ein Hase\n", "--column prompt=Inhalt."},
		"no blanks between words":  {"番号,内容\nA1,雪の中の2匹の狐\nA2,野原の兎\n", "--column prompt=内容."},
		"German":                   {"Nr;Beschreibung\n", "--column prompt=Beschreibung."},
		"French":                   {"no;Légende\n", "--column prompt=Légende."},
		"Chinese":                  {"编号,提示词\n", "--column prompt=提示词."},
		"another program":          {"Positive Prompt,seed\n", `--column "prompt=Positive Prompt".`},
		"a part of a name":         {"text,Bildprompt\n", "--column prompt=Bildprompt."},
		"in quotes":                {"\"\ufeffeasel_error_message\";\" easel_job_id \"\nThe prompt was refused by the model;4f1c\n", none},
	} {
		_, err := prompt.NewReader(strings.NewReader(c.file), prompt.Options{Format: prompt.CSV, Decode: strict})
		if err == nil || !strings.HasSuffix(err.Error(), c.want) || strings.Contains(strings.ToLower(err.Error()), "easel_") {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}

func TestARowIsNotTakenForAHeader(t *testing.T) {
	const row = "the first line looks like a row and no header"
	for file, want := range map[string]bool{
		"1,a fox in snow,core\n2,a hare,core\n":                        true,
		"a fox,16:9\na hare,1:1\n":                                     true,
		"a fox,core\na hare,ultra\n":                                   true,
		"fox.png,a fox\n":                                              true,
		"https://example.com/fox,a fox\n":                              true,
		"2026-11-29;a fox\n":                                           true,
		"Anna,a fox that runs through the deep snow\n":                 true,
		"Nr,Inhalt\n1,a fox in snow\n":                                 false,
		"2024,2025\na fox,a hare\n":                                    false,
		"Text 1,Text 2\na fox,a hare\n":                                false,
		"a fox that runs through the deep snow\na hare in the grass\n": false,
	} {
		_, err := prompt.NewReader(strings.NewReader(file), prompt.Options{Format: prompt.CSV, Decode: strict})
		if err == nil || strings.Contains(err.Error(), row) != want || want && strings.Contains(err.Error(), "--column") {
			t.Errorf("%q: got %v", file, err)
		}
	}
}

func TestWhatEaselWroteIsNoPartOfARow(t *testing.T) {
	const refused = "Easel wrote this column into failed.csv to say why a row failed; it is no part of a row. Name one of the file's own columns."
	const file = "id;Bild;Easel_Error_Code; easel_error_message ;\"\ufeffEASEL_JOB_ID\";easel_later\n7;ein Fuchs;filtered;no;4f1c;x\n"
	title := map[string]string{"prompt": "Bild"}
	for name, c := range map[string]struct {
		columns map[string]string
		want    string
	}{
		"metadata":       {title, `2 {"prompt":"ein Fuchs","custom_id":"7"}`},
		"the prompt":     {map[string]string{"prompt": "easel_error_message"}, "~--column prompt=easel_error_message: " + refused + ` Columns found: "id", "Bild".`},
		"in other case":  {map[string]string{"prompt": "EASEL_ERROR_MESSAGE"}, "~" + refused},
		"spelt roughly":  {map[string]string{"prompt": "easel error-code"}, "~" + refused},
		"another member": {map[string]string{"prompt": "Bild", "custom_id": "easel_job_id"}, "~" + refused},
		"to be none":     {map[string]string{"prompt": "Bild", "seed": ""}, `2 {"prompt":"ein Fuchs","custom_id":"7"}`},
	} {
		t.Run(name, func(t *testing.T) {
			expect(t, transcript(t, file, prompt.Options{Format: prompt.CSV, Columns: c.columns}), []string{c.want})
		})
	}
	r, err := prompt.NewReader(strings.NewReader(file), prompt.Options{Format: prompt.CSV, Columns: title, Decode: strict})
	if err != nil {
		t.Fatal(err)
	}
	row, err := r.Next()
	if err != nil || len(row.Columns) != 2 || len(row.Cells) != 6 || len(r.Columns()) != 6 || !r.Columns()[5].Report {
		t.Errorf("got %+v of %+v, %v", row, r.Columns(), err)
	}
	row.Request.Prompt = "{{Easel_Error_Message}}"
	if _, err := (template.Expand{}).Open().Count(row); err == nil || !strings.Contains(err.Error(), "Take it out of the template.") {
		t.Errorf("a template takes it: %v", err)
	}
}

func TestColumnsThatEaselWroteAreKnown(t *testing.T) {
	for name, want := range map[string]bool{
		"easel_error_code": true, " EASEL_job_id\t": true, "\ufeffeasel_x": true, `"Easel_x"`: true, "easel_": true,
		"easel": false, "easel type": false, "my_easel_": false, "": false,
	} {
		if got := prompt.Reported(name); got != want {
			t.Errorf("%q: %t", name, got)
		}
	}
}
