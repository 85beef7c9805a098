"""The wording family: synonyms, contractions, manner, and the wide tier from WordNet."""
