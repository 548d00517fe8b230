"""Sentences over which heads are measured: short and long, with repeated words, questions, names and numbers."""

SENTENCES = (
    "I like to eat pizza.",
    "The cat sat on the mat, and the dog sat beside the cat.",
    "What did the teacher say when the pupil asked what the word meant?",
    "She sold the house in which she was born.",
    "In 1957 a machine learnt to tell left from right; in 2017 another learnt to translate.",
    "My brother's bicycle is older than my brother.",
    "If it rains tomorrow, we will stay at home and read.",
    "The keys to the old cabinet in the hall are lost.",
    "He said that he would come, but he did not say when he would come.",
    "Water boils at 100 degrees, and freezes at 0.",
    "Anna gave Peter the letter before Peter left for Vienna.",
    "A good film needs a good story; this film has neither a story nor an end.",
    "They watched the moon rise over the sea until the sea was silver.",
    "Please close the window, the wind is cold.",
    "The more you practise, the better you play.",
    "Nobody knew why the bridge had been closed, so everybody took the ferry.",
)
