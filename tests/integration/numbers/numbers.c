/*
 * Reads lines of a country, a tab and a number as people write it, and prints
 * for each the number in E.164, its country, and whether it is dear; or "-": for
 * the test that asks another program the same.
 */
#include <stdio.h>
#include <string.h>

#include "sms_data/countries.h"
#include "sms_data/number.h"

static bool is_dear(const char *number)
{
	const struct numbering *n = numbering_of(number + 1);

	return n->kind != NUMBERING_LAND ||
	       numbering_premium(n, number + 1 + strlen(n->code)) > 0;
}

static void answer(char *line)
{
	struct number_place place = { .domain = "sms.example.org" };
	const struct country *country;
	char number[NUMBER_SIZE];
	const char *reason;

	char *text = strchr(line, '\t');
	if (text == NULL)
		return;
	*text++ = '\0';
	place.country = line[0] != '\0' ? line : NULL;
	if (number_read(&place, text, number, &reason) != 0 ||
		number_kind(number) != NUMBER_E164) {
		puts("-");
		return;
	}
	country = country_of(number);
	printf("%s\t%s\t%s\n", number, country != NULL ? country->iso : "-",
		is_dear(number) ? "dear" : "usual");
}

int main(void)
{
	char line[1024];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		answer(line);
	}
	return 0;
}
